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

extension CSVPosition {
    /// What a position of a file can be: a hundred times the bytes of the largest is still a number.
    static let offsets = 0...1 << 53

    /// Reads a position as it was stored; one that no input has is corrupt data.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let (offset, line) = (
            try container.decode(Int.self, forKey: .offset), try container.decode(Int.self, forKey: .line)
        )
        guard Self.offsets.contains(offset), Self.offsets.contains(line), line > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .offset,
                in: container,
                debugDescription: "No input has a place at byte \(offset) in line \(line)."
            )
        }
        self.init(offset: offset, line: line)
    }
}
#endif
