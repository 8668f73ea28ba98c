#if Postgres
import Errand

/// A dataset's row, as far as a write must know it.
struct DatasetRecord {
    let id: Int64
    let generation: Int64
    let columns: [String]
    let rowCount: Int64

    init(id: Int64, generation: Int64, columns: [String], rowCount: Int64) {
        (self.id, self.generation) = (id, generation)
        (self.columns, self.rowCount) = (columns, rowCount)
    }

    /// Reads `dataset, generation, to_json(columns), row_count`.
    init(_ row: inout PostgresRow) throws(JobStoreError) {
        self.init(id: row.int(), generation: row.int(), columns: try row.names(), rowCount: row.int())
    }
}

extension PostgresRow {
    /// Reads an array of texts that the statement put into `to_json`.
    mutating func names() throws(JobStoreError) -> [String] {
        do {
            return try (json() ?? .emptyObject).elements().compactMap(\.stringValue)
        } catch {
            throw JobStoreError(.corrupt, "A dataset's columns cannot be read.", underlying: error)
        }
    }
}
#endif
