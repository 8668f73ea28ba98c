#if Files
@testable import Errand
@testable import ErrandFiles
import Testing

/// Reads random, mutated and hostile output in random chunks; `SEED` repeats a run.
@Suite("Reading the output of programs", .timeLimit(.minutes(5)))
struct CommandReaderTests {
    private func read(_ bytes: [UInt8], chunks: [Int] = []) -> [CommandReader.Piece] {
        var reader = CommandReader()
        var pieces: [CommandReader.Piece] = []
        var rest = bytes[...]
        for chunk in chunks {
            Array(rest.prefix(chunk)).withUnsafeBytes { reader.take($0) { pieces.append($0) } }
            rest = rest.dropFirst(chunk)
        }
        Array(rest).withUnsafeBytes { reader.take($0) { pieces.append($0) } }
        reader.finish { pieces.append($0) }
        return pieces
    }

    /// The bytes that a piece stands for.
    private func bytes(_ piece: CommandReader.Piece) -> [UInt8] {
        switch piece {
        case .text(let line), .broken(let line, _): line.bytes
        case .object(let bytes): bytes
        }
    }

    /// What is read of lines: their text, without the end of the last and what belongs to ends of lines.
    private func expected(_ output: [UInt8]) -> [UInt8] {
        var lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        lines = lines.map { line in
            let kept = CommandLines.Line(bytes: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, isCut: false)
            // The mark before an object is no part of it.
            return kept.beginsAsObject ? kept.withoutMark.bytes : kept.bytes
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    @Test("whatever is printed, in whatever chunks, every line is in one piece, in order", arguments: 0..<300)
    func nothingIsLost(_ seed: UInt64) {
        var output = RandomOutput(seed: seed)
        let bytes = output.bytes()
        let pieces = read(bytes)
        let chunks = (0..<20).map { _ in output.number(0...40) }
        #expect(read(bytes, chunks: chunks) == pieces, "seed \(seed)")
        let read = Array(pieces.map(self.bytes).joined(separator: [UInt8(ascii: "\n")]))
        #expect(read == expected(bytes), "seed \(seed)")
        for case .object(let object) in pieces { #expect(object.contains(UInt8(ascii: "}"))) }
    }

    @Test("every object that is JSON is read whole, over however many lines, between any text", arguments: 0..<300)
    func objects(_ seed: UInt64) throws {
        var output = RandomOutput(seed: seed)
        let text = output.object(depth: output.number(0...6))
        let object = Array(text.utf8)
        _ = try JSONText(validating: object)
        let before = "\(output.plainLine())\n", after = "\n\(output.plainLine())\n"
        let pieces = read(Array((before + text + after).utf8), chunks: [output.number(0...60), output.number(0...60)])
        #expect(pieces.count == 3 && pieces.dropFirst().first == .object(object), "seed \(seed): \(text)")
    }

    @Test("lines that each begin an object, and never end one, are read in a time that grows with their number")
    func hostileNesting() {
        let deep =
            String(repeating: "{\"a\":[\n", count: 32) + String(repeating: "{\"b\":\n1},\n", count: 30000) + "x\n"
        let pieces = read(Array(deep.utf8))
        #expect(pieces.count == 32 + 60000 + 1)
        let deeper = String(repeating: "{\"a\":\n", count: 50000)
        #expect(read(Array(deeper.utf8)).count == 50000)
    }

    @Test("a line or an object that never ends is held in bounded memory")
    func endless() {
        var reader = CommandReader()
        var pieces: [CommandReader.Piece] = []
        for text in ["{\"a\":[1,", "{\"a\":[\n1,\n", "plain ", "   "] {
            let chunk = [UInt8](repeating: UInt8(ascii: "1"), count: 100_000) + Array(",\(text.last!)".utf8)
            Array(text.utf8).withUnsafeBytes { reader.take($0) { pieces.append($0) } }
            for _ in 0..<50 { chunk.withUnsafeBytes { reader.take($0) { pieces.append($0) } } }
            Array("\n".utf8).withUnsafeBytes { reader.take($0) { pieces.append($0) } }
        }
        reader.finish { pieces.append($0) }
        #expect(pieces.allSatisfy { bytes($0).count <= 2 * CommandReader.longestMessage })
    }
}

/// Makes output that looks like messages, more or less.
private struct RandomOutput {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func one(_ choices: [String]) -> String { choices[number(0...(choices.count - 1))] }

    mutating func plainLine() -> String {
        one(["", "text", "[1]", "7", "\"{\"", "}", "]", "done {", "é", ",", "result: 1"])
    }

    /// Pieces of messages in any order, with bytes changed.
    mutating func bytes() -> [UInt8] {
        let parts = [
            "{", "}", "[", "]", ",", ":", "\n", "\n", "\r\n", "\"result\"", "\"a\"", "\"", "\\", "1", "NaN", "true",
            " ", "{\"result\":5}", "{\"progress\":1}\n", "text", "\u{0}", "é", "\u{FEFF}", "'", "{\n", "}\n",
        ]
        var bytes: [UInt8] = []
        for _ in 0..<number(0...60) {
            if number(0...9) == 0 { bytes += Array(object(depth: 2).utf8) } else { bytes += Array(one(parts).utf8) }
        }
        for _ in 0..<number(0...3) where !bytes.isEmpty {
            bytes[number(0...(bytes.count - 1))] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }

    mutating func object(depth: Int) -> String {
        let members = (0..<number(0...3)).map {
            "\(space())\"k\($0)\(one(["", "é", "\\n", "\\\""]))\"\(space()):\(value(depth))"
        }
        return "{\(members.joined(separator: ","))\(space())}"
    }

    private mutating func value(_ depth: Int) -> String {
        let simple = ["1", "-0.5e3", "true", "null", "\"\"", "\"{\"", "\"\\\"}\"", "\"\\u00e9]\"", "\"\\\\\""]
        let text: String
        switch depth > 0 ? number(0...3) : 3 {
        case 0: text = object(depth: depth - 1)
        case 1:
            let elements = (0..<number(0...3)).map { _ in value(depth - 1) }
            text = "[\(elements.joined(separator: ","))\(space())]"
        default: text = one(simple)
        }
        return "\(space())\(text)\(space())"
    }

    private mutating func space() -> String { one(["", "", " ", "\n", "\n  ", "\t"]) }
}
#endif
