#if Files
/// All that a ``CSVReader`` needs, besides its options, to go on between two rows in another process.
public struct CSVCheckpoint: Sendable, Hashable, Codable {
    /// The place of the first row that is still to be read.
    ///
    /// Feed the input from its offset on.
    public var position: CSVPosition

    /// The byte between cells, given or found.
    public var delimiter: UInt8

    /// The names of the columns, unique.
    public var columns: [String]

    /// Creates a checkpoint.
    ///
    /// - Parameters:
    ///   - position: The place between two rows.
    ///   - delimiter: The ASCII byte between cells.
    ///   - columns: The names of the columns, unique.
    public init(position: CSVPosition, delimiter: UInt8, columns: [String]) {
        self.position = position
        self.delimiter = delimiter
        self.columns = columns
    }
}
#endif
