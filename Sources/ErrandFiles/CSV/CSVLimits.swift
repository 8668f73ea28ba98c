#if Files
/// What one CSV record may cost, so that a damaged or hostile input cannot exhaust memory.
public struct CSVLimits: Sendable, Hashable {
    /// The longest record, in bytes without its line end.
    ///
    /// A longer one is the row error `record_too_long`.
    public let maxRecordBytes: Int

    /// The most fields of a record.
    ///
    /// A record with more is the row error `too_many_columns`.
    public let maxColumns: Int

    /// Creates limits; values outside their range are moved to its nearer end.
    ///
    /// - Parameters:
    ///   - maxRecordBytes: 1 byte to 1 GiB; 16 MiB unless told.
    ///   - maxColumns: 1 to 1,048,576; 16,384 unless told, the width of an XLSX sheet.
    public init(maxRecordBytes: Int = 16 << 20, maxColumns: Int = 16_384) {
        self.maxRecordBytes = min(max(maxRecordBytes, 1), 1 << 30)
        self.maxColumns = min(max(maxColumns, 1), 1 << 20)
    }
}
#endif
