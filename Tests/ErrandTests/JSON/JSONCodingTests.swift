import Errand
import FoundationEssentials
import Testing

@Suite("Swift values become JSON text and come back", .timeLimit(.minutes(5)))
struct JSONCodingTests {
    private struct Order: Codable, Equatable {
        var id: Int64
        var link: String
        var at: Date
        var note: String?
    }

    @Test("a value round-trips, integers beyond 2^53 and milliseconds included")
    func roundTrip() throws {
        let at = try #require(RFC3339.parse("2026-02-01T12:30:00.25Z"))
        let order = Order(id: 9_007_199_254_740_993, link: "a/b", at: at)
        let json = try JSONText.encode(order)
        #expect(try json.decode(as: Order.self) == order)
        let object = try json.object()
        #expect(object["id"]?.string == "9007199254740993")
        #expect(object["link"]?.string == #""a/b""#, "slashes stay as they are")
        #expect(object["at"]?.string == #""2026-02-01T12:30:00.250Z""#)
    }

    @Test("scalars are whole documents too")
    func scalars() throws {
        #expect(try JSONText.encode(7).string == "7")
        #expect(try JSONText.encode("a").string == #""a""#)
        #expect(try JSONText.encode(String?.none).string == "null")
        #expect(try JSONText(validating: " 7 ").decode(as: Int.self) == 7)
        #expect(try JSONText(validating: "true").decode(as: Bool.self))
        #expect(try JSONText(validating: "null").decode(as: String?.self) == nil)
        #expect(
            try JSONText(validating: #""2026-02-01T00:00:00+01:00""#).decode(as: Date.self).timeIntervalSince1970
                == 1_769_900_400
        )
    }

    @Test("a value that no store keeps is refused when it is encoded")
    func refusals() {
        #expect(throws: JSONError.self) { try JSONText.encode("a\u{0}") }
        #expect(throws: JSONError.self) { try JSONText.encode("abc", limits: JSONLimits(maximumBytes: 4)) }
        #expect(throws: EncodingError.self) { try JSONText.encode(Double.nan) }
    }

    @Test("a date that is not RFC 3339 is a decoding error")
    func badDate() throws {
        let json = try JSONText(validating: #""yesterday""#)
        #expect(throws: DecodingError.self) { try json.decode(as: Date.self) }
    }
}
