import FoundationEssentials
import Testing

@testable import Errand

@Suite("a moment is one that can be kept", .timeLimit(.minutes(5)))
struct MomentTests {
    @Test(
        "every time from 1970 to 9999 is one, in whole milliseconds",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.0009Z", 0),
            ("2026-02-01T12:30:00.2509Z", 1_769_949_000_250),
            ("2016-12-31T23:59:60Z", 1_483_228_799_999), ("9999-12-31T23:59:59.9999Z", 253_402_300_799_999),
            ("1970-01-01T00:00:00-23:59", 86_340_000),
        ] as [(String, Int64)]
    )
    func inside(_ text: String, _ milliseconds: Int64) throws {
        let moment = try Moment(#require(RFC3339.parse(text)))
        #expect(moment.milliseconds == milliseconds)
        #expect(moment.date.milliseconds == milliseconds)
        #expect(Moment(clamping: moment.date) == moment)
    }

    @Test(
        "what is refused is named, with what it may be",
        arguments: [
            (-0.000_1, "1969-12-31T23:59:59.999Z"), (-11_676_096_000, "1600-01-01T00:00:00Z"),
            (253_402_300_800, "253402300800.0 seconds since 1970"), (1e300, "1e+300 seconds since 1970"),
            (-1e300, "-1e+300 seconds since 1970"), (.infinity, "inf seconds since 1970"),
            (.nan, "nan seconds since 1970"),
        ] as [(Double, String)]
    )
    func outside(_ seconds: Double, _ shown: String) {
        let error = #expect(throws: MomentOutOfRange.self) { try Moment(Date(timeIntervalSince1970: seconds)) }
        #expect(error?.description == "is \(shown); it must be 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z")
    }

    @Test("where nothing can be refused, the nearest is taken, and no sum or difference goes beyond")
    func clamping() {
        for seconds in [-1e300, -1, -.infinity, .nan] {
            #expect(Moment(clamping: Date(timeIntervalSince1970: seconds)) == .earliest)
            #expect(Date(timeIntervalSince1970: seconds).milliseconds == 0)
        }
        for seconds in [1e300, 253_402_300_800, .infinity] {
            #expect(Moment(clamping: Date(timeIntervalSince1970: seconds)) == .latest)
            #expect(Date(timeIntervalSince1970: seconds).milliseconds == Moment.latest.milliseconds)
        }
        for stored in [Int64.min, -1, .max] {
            #expect((0...Moment.latest.milliseconds).contains(Date(milliseconds: stored).milliseconds))
        }
        #expect(Moment.latest.date.later(by: .seconds(Int64.max)) == Moment.latest.date)
        #expect(Moment.latest.date.later(by: .seconds(Int64.min)) == Moment.earliest.date)
        #expect(Moment.earliest.date.later(by: .milliseconds(1)).milliseconds == 1)
    }

    @Test("one is read as times are, and corrupt where it cannot be kept")
    func decoding() throws {
        let text = JSONText(trusted: #"["2099-01-01T00:00:00Z"]"#)
        #expect(try text.decode(as: [Moment].self).map(\.description) == ["2099-01-01T00:00:00Z"])
        let odd = JSONText(trusted: #"["1600-01-01T00:00:00Z"]"#)
        #expect(throws: DecodingError.self) { try odd.decode(as: [Moment].self) }
    }
}
