#if Files
/// The header row could not be read, so no row after it has a meaning.
public struct CSVHeaderError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the header row.
    public let cause: CSVRowError

    /// Says that it is the header, and what is wrong with it.
    public var description: String { "the header row cannot be read: \(cause)" }
}
#endif
