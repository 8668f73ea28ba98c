import FoundationEssentials
import Testing

@testable import Errand

@Suite("times are RFC 3339 to the millisecond", .timeLimit(.minutes(5)))
struct RFC3339Tests {
    static let formatted: [(milliseconds: Int64, text: String)] = [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"), (1, "1970-01-01T00:00:00.001Z"),
        (951_782_400_000, "2000-02-29T00:00:00Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        (1_769_949_000_250, "2026-02-01T12:30:00.250Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00Z"), (-2_208_988_800_000, "1900-01-01T00:00:00Z"),
    ]

    @Test("a time is written in UTC, its fraction in three digits or not at all", arguments: formatted)
    func format(milliseconds: Int64, text: String) {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        #expect(RFC3339.format(date) == text)
        #expect(RFC3339.parse(text) == date)
    }

    @Test("a time is rounded to the millisecond and kept inside the years that can be written")
    func rounding() {
        #expect(RFC3339.format(Date(timeIntervalSince1970: 0.0004)) == "1970-01-01T00:00:00Z")
        #expect(RFC3339.format(Date(timeIntervalSince1970: 59.9996)) == "1970-01-01T00:01:00Z")
        #expect(RFC3339.format(.distantFuture) == "4001-01-01T00:00:00Z")
        #expect(RFC3339.format(Date(timeIntervalSince1970: 1e300)) == "9999-12-31T23:59:59.999Z")
        #expect(RFC3339.format(Date(timeIntervalSince1970: -.infinity)) == "0000-01-01T00:00:00Z")
        #expect(RFC3339.format(Date(timeIntervalSince1970: .nan)) == "0000-01-01T00:00:00Z")
    }

    static let parsed: [(text: String, sameAs: String)] = [
        ("2026-02-01T13:30:00+01:00", "2026-02-01T12:30:00Z"), ("2026-01-31T23:59:59-00:01", "2026-02-01T00:00:59Z"),
        ("2026-02-01T00:00:00-00:00", "2026-02-01T00:00:00Z"), ("2026-02-01t00:00:00z", "2026-02-01T00:00:00Z"),
        ("2026-02-01T00:00:00.5Z", "2026-02-01T00:00:00.500Z"), ("2026-02-01T00:00:00.05Z", "2026-02-01T00:00:00.050Z"),
        ("2026-02-01T00:00:00.1239999Z", "2026-02-01T00:00:00.123Z"),
        ("2026-02-01T00:00:00.00000000000000000000000000001Z", "2026-02-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"), ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999Z"),
        ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999Z"),
        ("2026-02-01T23:59:59+23:59", "2026-02-01T00:00:59Z"),
    ]

    @Test("offsets, any fraction and leap seconds are read", arguments: parsed)
    func parse(text: String, sameAs: String) throws {
        #expect(RFC3339.format(try #require(RFC3339.parse(text))) == sameAs)
    }

    static let refused = [
        "", "2026-02-01", "2026-02-01T12:30:00", "2026-02-01 12:30:00Z", "2026-2-1T12:30:00Z", "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-01T24:00:00Z", "2026-02-01T12:60:00Z",
        "2026-02-01T12:30:61Z", "2026-02-01T12:30:60Z", "2026-02-01T12:30:00.Z", "2026-02-01T12:30:00,5Z",
        "2026-02-01T12:30:00+24:00", "2026-02-01T12:30:00+01:60", "2026-02-01T12:30:00+0100", "2026-02-01T12:30:00+01",
        "2026-02-01T12:30:00ZZ", " 2026-02-01T12:30:00Z", "2026-02-01T12:30:00Z ", "+2026-02-01T12:30:00Z",
        "-001-02-01T12:30:00Z", "12026-02-01T12:30:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "2026-02-01T12:30:00é", "２026-02-01T12:30:00Z", "2026-02-01T12:30Z", "20260201T123000Z",
    ]

    @Test("anything else is refused", arguments: refused)
    func refuses(text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test("every day of the years 0000 to 9999 round-trips, one after the other")
    func everyDay() {
        var previous = CivilDate(daysSince1970: -719_529)
        for day in Int64(-719_528)...2_932_896 {
            let civil = CivilDate(daysSince1970: day)
            let isNext =
                civil.day == previous.day + 1 && civil.month == previous.month
                || civil.day == 1
                    && (civil.month == previous.month + 1 || civil.month == 1 && civil.year == previous.year + 1)
            if civil.daysSince1970 != day || !isNext || !civil.isValid {
                Issue.record("day \(day) became \(civil)")
                return
            }
            previous = civil
        }
        #expect(previous == CivilDate(year: 9999, month: 12, day: 31))
    }

    @Test("random milliseconds round-trip through text and through dates")
    func randomRoundTrips() {
        var random = JSONFuzzTests.Seeded(state: 7)
        for _ in 0..<20_000 {
            let milliseconds = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random)
            let date = RFC3339.date(milliseconds: milliseconds)
            #expect(RFC3339.milliseconds(date) == milliseconds)
            #expect(RFC3339.parse(RFC3339.format(date)) == date)
        }
    }
}
