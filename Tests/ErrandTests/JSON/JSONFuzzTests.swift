import Errand
import FoundationEssentials
import Testing

@Suite("random JSON text is handled safely", .timeLimit(.minutes(5)))
struct JSONFuzzTests {
    /// A fixed sequence of random numbers, so that a failure repeats (SplitMix64).
    struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Decodes anything, to ask Foundation whether it accepts a text.
    private struct Anything: Decodable {
        private struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.container(keyedBy: Name.self) {
                for name in members.allKeys { _ = try members.decode(Anything.self, forKey: name) }
            } else if var elements = try? decoder.unkeyedContainer() {
                while !elements.isAtEnd { _ = try elements.decode(Anything.self) }
            } else {
                let value = try decoder.singleValueContainer()
                if value.decodeNil() || (try? value.decode(Bool.self)) != nil { return }
                if (try? value.decode(Double.self)) != nil { return }
                do { _ = try value.decode(String.self) } catch DecodingError.typeMismatch {
                    // A number no double comes near, such as 1e999: Foundation took the token and only lacks a type.
                }
            }
        }
    }

    private static let documents = [
        #"{"id":12345678901234567890,"name":"Jörg \"J\" \u00e9\ud83d\ude00","#
            + #""tags":["a",null,true,false],"n":{"x":-1.5e-3}}"#,
        #"[[],{},[{"a":[1,2,{"b":"c\\d\/e"}]}], "日本語 text that is longer than a word", 0, -0.0, 1E5 ]"#,
        "{\n  \"a\" : 1,\r\n\t\"b\" : [ \"\\n\\t\\b\" , 2 ]\n}", "\"😀\"", "-12.50",
    ]
    private static let fragments =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", "e", ".", "\\u", "\\ud800", "\\u0000", "\u{0}", "é",
            "null", " ",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x80]]

    private static func mutate(_ bytes: inout [UInt8], _ random: inout Seeded) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...3, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: place)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.replaceSubrange(place..<end, with: [UInt8.random(in: 0...255, using: &random)])
        default: bytes.insert(contentsOf: bytes[place..<end], at: place)
        }
    }

    @Test("what is accepted after random mutations, Foundation accepts too", arguments: 1...8)
    func mutations(seed: UInt64) throws {
        var random = Seeded(state: seed)
        var acceptedCount = 0
        for round in 0..<2500 {
            var bytes = Array(Self.documents[round % Self.documents.count].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&bytes, &random) }
            guard code(of: bytes) == nil else { continue }
            acceptedCount += 1
            try Self.expectFoundationAccepts(bytes)
        }
        #expect(acceptedCount > 50, "the mutations are mild enough to leave valid text")
    }

    private static func expectFoundationAccepts(_ bytes: [UInt8]) throws {
        let json = try JSONText(validating: bytes)
        #expect(Array(json.string.utf8) == bytes)
        #expect(throws: Never.self, "\(json)") { try JSONDecoder().decode(Anything.self, from: Data(bytes)) }
        switch json.kind {
        case .object:
            for (_, value) in try json.object().members { #expect(code(of: value.string) == nil) }
        case .array:
            for value in try json.elements() { #expect(code(of: value.string) == nil) }
        case .string: #expect(try json.stringValue == json.decode(as: String.self))
        default: break
        }
    }

    @Test("random bytes never crash the scanner or the readers", arguments: 1...4)
    func noise(seed: UInt64) {
        var random = Seeded(state: seed)
        let alphabet = Array("{}[]\",:\\u0019-+.eE truefalsn\n\u{0}é😀".utf8) + [0xFF, 0xC0]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...24, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            _ = code(of: bytes)
            let damaged = JSONText(trusted: String(decoding: bytes, as: UTF8.self))
            _ = (damaged.kind, damaged.stringValue, damaged.int64Value, damaged.doubleValue, damaged.boolValue)
            _ = (try? damaged.object(), try? damaged.elements())
        }
    }

    @Test("whatever is written is valid and reads back", arguments: 1...4)
    func writer(seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<300 {
            var writer = JSONWriter(reserving: 0)
            Self.writeRandomValue(&writer, depth: 0, &random)
            #expect(code(of: writer.bytes) == nil, "\(writer.text)")
        }
    }

    private static func writeRandomValue(_ writer: inout JSONWriter, depth: Int, _ random: inout Seeded) {
        switch Int.random(in: depth < 5 ? 0..<9 : 2..<9, using: &random) {
        case 0:
            writer.array { inner in
                for _ in 0..<Int.random(in: 0..<4, using: &random) {
                    writeRandomValue(&inner, depth: depth + 1, &random)
                }
            }
        case 1:
            writer.object { inner in
                for index in 0..<Int.random(in: 0..<4, using: &random) {
                    inner.member("\(index)\(randomString(&random))") {
                        writeRandomValue(&$0, depth: depth + 1, &random)
                    }
                }
            }
        case 2: writer.value(Int64.random(in: .min ... .max, using: &random))
        case 3: writer.value(Double(bitPattern: random.next()))
        case 4: writer.value(Bool.random(using: &random))
        case 5:
            writer.value(
                Date(
                    timeIntervalSince1970: Double(
                        Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
                    )
                )
            )
        case 6: writer.valueNull()
        default: writer.value(randomString(&random))
        }
    }

    private static func randomString(_ random: inout Seeded) -> String {
        var string = ""
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let highest: UInt32 = [0x20, 0x7F, 0x7FF, 0x10FFFF].randomElement(using: &random) ?? 0x7F
            string.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0...highest, using: &random)) ?? "\"")
        }
        return string
    }
}
