public import FoundationEssentials

/// A moment that can be kept: in whole milliseconds, from 1970 to the end of the year 9999.
///
/// Every time that comes from outside is one before a store is handed it, whichever operation it is for. There is no
/// other: what makes one refuses a time outside the range, so nothing behind it has to ask again, and no sum or
/// difference of two overflows.
public struct Moment: Sendable, Hashable, Comparable {
    /// 1970-01-01T00:00:00Z.
    public static let earliest = Moment(unchecked: 0)
    /// 9999-12-31T23:59:59.999Z.
    public static let latest = Moment(unchecked: 253_402_300_799_999)

    /// Milliseconds since 1970-01-01T00:00:00Z, never negative.
    package let milliseconds: Int64

    private init(unchecked milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Takes a time, cut to whole milliseconds.
    ///
    /// - Parameter date: The time.
    /// - Throws: What the time is, when it is before 1970 or after 9999.
    public init(_ date: Date) throws(MomentOutOfRange) {
        // Compared as they are: not a number is in no range, and what is not whole is cut afterwards.
        guard date >= Self.earliest.date, date < Self.end else { throw MomentOutOfRange(date) }
        self.init(clamping: date)
    }

    /// Takes the nearest moment to a time, cut to whole milliseconds; for what cannot be refused any more.
    ///
    /// - Parameter date: The time; what is not a number counts as 1970.
    public init(clamping date: Date) {
        // A microsecond covers the error of a `Double` of this size, so that a time that was kept stays as it is.
        let exact = Int64(saturating: (date.timeIntervalSince1970 * 1000 + 0.001).rounded(.down))
        self.init(unchecked: min(max(exact, Self.earliest.milliseconds), Self.latest.milliseconds))
    }

    /// The time.
    public var date: Date { Date(milliseconds: milliseconds) }

    /// The first time that is too late.
    private static let end = Date(milliseconds: latest.milliseconds + 1)

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }
}

extension Moment: CustomStringConvertible {
    /// The moment as RFC 3339 text in UTC.
    public var description: String { RFC3339.format(date) }
}

extension Moment: Decodable {
    /// Reads a time as the decoder has times; one outside the range is corrupt data.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let date = try container.decode(Date.self)
        do throws(MomentOutOfRange) { try self.init(date) } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "The time \(error).")
        }
    }
}

/// That a time cannot be kept: it is before 1970, after 9999, or none at all.
public struct MomentOutOfRange: Error, Sendable, Hashable, CustomStringConvertible {
    /// The time as RFC 3339 writes it; seconds since 1970 where that cannot.
    public let value: String

    init(_ date: Date) {
        let seconds = date.timeIntervalSince1970
        // Cut as a moment is: what is a little too early is not to be shown as the first that is not.
        let cut = Date(timeIntervalSince1970: (seconds * 1000).rounded(.down) / 1000)
        value = RFC3339.isWritable(cut) ? RFC3339.format(cut) : "\(seconds) seconds since 1970"
    }

    /// What the time is and what it may be, to be read behind a name.
    public var description: String { "is \(value); it must be \(Moment.earliest) to \(Moment.latest)" }
}

extension JobStoreError {
    /// The refusal of a time that cannot be kept.
    static func invalid(_ error: MomentOutOfRange, _ pointer: String) -> JobStoreError {
        .invalid(error.description, pointer)
    }
}
