import Testing

@testable import Errand

@Suite("JSON text stays inside its limits", .timeLimit(.minutes(5)))
struct JSONLimitsTests {
    @Test("64 levels are accepted and 65 are refused", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func depth(open: String, close: String) {
        let inner = open == "[" ? "" : "0"
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
        }
        #expect(code(of: nested(64)) == nil)
        #expect(code(of: nested(65)) == .tooDeep)
        #expect(code(of: nested(2), limits: JSONLimits(maximumDepth: 1)) == .tooDeep)
        #expect(code(of: "7", limits: JSONLimits(maximumDepth: 0)) == nil)
        #expect(code(of: nested(512), limits: JSONLimits(maximumDepth: .max)) == nil)
        #expect(code(of: nested(513), limits: JSONLimits(maximumDepth: .max)) == .tooDeep)
    }

    @Test("hostile nesting is refused early instead of overflowing the stack")
    func hostileDepth() {
        #expect(code(of: String(repeating: "[", count: 5_000_000)) == .tooDeep)
        #expect(code(of: String(repeating: #"{"a":"#, count: 1_000_000)) == .tooDeep)
    }

    @Test("a text may have exactly as many bytes as the limit")
    func size() {
        let text = #""é""#
        #expect(code(of: text, limits: JSONLimits(maximumBytes: 4)) == nil)
        #expect(code(of: text, limits: JSONLimits(maximumBytes: 3)) == .tooLarge)
    }

    @Test("an object with very many names is checked for duplicates in good time", arguments: ["k", #"\u006b"#])
    func manyNames(prefix: String) {
        let members = (0..<100_000).map { "\"\(prefix)\($0)\":0" }.joined(separator: ",")
        let start = ContinuousClock.now
        #expect(code(of: "{\(members)}") == nil)
        #expect(code(of: "{\(members),\"k99999\":1}") == .duplicateKey)
        #expect(ContinuousClock.now - start < .seconds(20), "quadratic work would take minutes")
    }

    @Test("a duplicate is found wherever it is, in objects of every size", arguments: 1...60)
    func duplicateAnywhere(count: Int) {
        let members = (0..<count).map { "\"n\($0)\":{\"n0\":[{\"n0\":0}]}" }
        #expect(code(of: "{\(members.joined(separator: ","))}") == nil)
        for index in 0..<count {
            #expect(code(of: "{\((members + [members[index]]).joined(separator: ","))}") == .duplicateKey)
            let escaped = "\"\\u006e\(index)\":0"
            #expect(code(of: "{\((members + [escaped]).joined(separator: ","))}") == .duplicateKey)
            #expect(code(of: "{\(([escaped] + members).joined(separator: ","))}") == .duplicateKey)
        }
    }

    @Test("objects that are open at once share the names buffer and keep their names apart")
    func nestedNames() {
        let names = (0..<7).map { "\"n\($0)\":0," }.joined()
        let open = String(repeating: "{\(names)\"in\":", count: 60)
        #expect(code(of: open + "0" + String(repeating: "}", count: 60)) == nil)
        let late = String(repeating: ",\"last\":0}", count: 60)
        #expect(code(of: open + "0" + late) == nil)
        #expect(code(of: open + "0" + String(late.dropLast()) + ",\"n3\":0}") == .duplicateKey)
        #expect(code(of: open + "0,\"n6\":0" + late) == .duplicateKey)
    }

    @Test("a scanned name stays small enough for the buffer to be on the stack")
    func nameSize() {
        #expect(MemoryLayout<ScannedString>.stride * SeenNames.Shared.capacity <= 1024)
    }
}
