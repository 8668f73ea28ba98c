public import FoundationEssentials

/// Times as RFC 3339 text, exact to the millisecond.
///
/// Civil dates are computed with integers (Howard Hinnant's algorithms), so no calendar or formatter is involved.
public enum RFC3339 {
    /// 0000-01-01T00:00:00Z and the last millisecond of the year 9999, the times RFC 3339 can write.
    private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    private static let millisecondsPerDay: Int64 = 86_400_000

    /// The time in UTC, `2026-02-01T12:30:00Z` or with milliseconds `2026-02-01T12:30:00.250Z`.
    ///
    /// It is rounded to the millisecond. A time outside the years 0000 to 9999 becomes the nearest inside.
    public static func format(_ date: Date) -> String {
        let milliseconds = milliseconds(date)
        let time = ((milliseconds % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay
        let civil = CivilDate(daysSince1970: (milliseconds - time) / millisecondsPerDay)
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var digits = DigitWriter(buffer: buffer)
            digits.write(civil.year, width: 4, then: "-")
            digits.write(civil.month, width: 2, then: "-")
            digits.write(civil.day, width: 2, then: "T")
            digits.write(time / 3_600_000, width: 2, then: ":")
            digits.write(time / 60000 % 60, width: 2, then: ":")
            digits.write(time / 1000 % 60, width: 2, then: time % 1000 == 0 ? "Z" : ".")
            if time % 1000 != 0 { digits.write(time % 1000, width: 3, then: "Z") }
            return digits.count
        }
    }

    /// The time that RFC 3339 text stands for; nil when it is anything else.
    ///
    /// Any offset is taken, and any fraction, cut to milliseconds. A leap second is the last millisecond before it.
    public static func parse(_ string: String) -> Date? {
        var string = string
        return string.withUTF8 { bytes in
            var reader = TimestampReader(bytes: bytes)
            return reader.milliseconds()
        }.flatMap { range.contains($0) ? date(milliseconds: $0) : nil }
    }

    /// Whether ``format(_:)`` writes the time itself, not the nearest that can be written.
    static func isWritable(_ date: Date) -> Bool {
        let bounds = Double(range.lowerBound)...Double(range.upperBound)
        return bounds.contains((date.timeIntervalSince1970 * 1000).rounded(.down))
    }

    /// Milliseconds since 1970, rounded, of a time that ``format(_:)`` can write.
    package static func milliseconds(_ date: Date) -> Int64 {
        let exact = (date.timeIntervalSince1970 * 1000).rounded()
        // Written so that NaN ends up at a bound and not in the conversion, which would trap.
        guard exact > Double(range.lowerBound) else { return range.lowerBound }
        return exact < Double(range.upperBound) ? Int64(exact) : range.upperBound
    }

    /// The time a number of milliseconds after 1970.
    package static func date(milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

/// Writes decimal digits into a buffer.
private struct DigitWriter {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func write(_ value: Int64, width: Int, then separator: Unicode.Scalar) {
        var rest = value
        for index in stride(from: count + width - 1, through: count, by: -1) {
            buffer.initializeElement(at: index, to: ASCII.zero + UInt8(rest % 10))
            rest /= 10
        }
        buffer.initializeElement(at: count + width, to: UInt8(ascii: separator))
        count += width + 1
    }
}
