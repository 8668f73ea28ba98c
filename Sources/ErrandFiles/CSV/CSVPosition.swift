#if Files
/// A place between two records of a CSV input, from which reading can be taken up again.
///
/// Both numbers count from the start of the whole input, whatever was read in this run.
public struct CSVPosition: Sendable, Hashable, Codable {
    /// The number of bytes before this place, a byte order mark included.
    public var offset: Int

    /// The physical line that starts here, counted from 1.
    public var line: Int

    /// Creates a position.
    ///
    /// - Parameters:
    ///   - offset: Bytes before the position, 0 or more.
    ///   - line: The line that starts at the position, 1 or more.
    public init(offset: Int, line: Int) {
        self.offset = offset
        self.line = line
    }

    /// The first byte of an input: offset 0, line 1.
    public static let start = CSVPosition(offset: 0, line: 1)
}
#endif
