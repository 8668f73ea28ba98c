#if Files
import Errand

/// A dataset as CSV, made page by page while it is read.
struct DatasetCSV: AsyncSequence, Sendable {
    typealias Failure = any Error

    static let rowsPerPage = 1000

    let dataset: Dataset
    /// Which cells to write, by their place in a row.
    let cells: [Int]
    let options: CSVWriterOptions
    let datasets: any DatasetStore
    /// Hears how many rows are written after each page.
    let progress: @Sendable (Int64) -> Void

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: AsyncIteratorProtocol {
        private let csv: DatasetCSV
        private var writer: CSVWriter
        private var position: Int64 = 0
        private var written: Int64 = 0

        init(_ csv: DatasetCSV) {
            self.csv = csv
            writer = CSVWriter(options: csv.options)
            writer.writeHeader(csv.cells.map { csv.dataset.columns[$0] })
        }

        mutating func next() async throws -> [UInt8]? {
            while written < csv.dataset.rowCount {
                try Task.checkCancellation()
                try await writePage()
                if writer.byteCount >= 64 * 1024 { return writer.drain() }
            }
            return writer.byteCount > 0 ? writer.drain() : nil
        }

        /// Writes up to a page of the rows that were there when the export began; rows added since are left out.
        private mutating func writePage() async throws {
            let limit = Int(Swift.min(Int64(DatasetCSV.rowsPerPage), csv.dataset.rowCount - written))
            let rows = try await csv.datasets.rows(of: csv.dataset, after: position, limit: limit)
            guard let last = rows.last else {
                throw JobError.retry(
                    after: .seconds(1),
                    "The dataset was replaced or deleted while it was being exported.",
                    code: "dataset_changed"
                )
            }
            for row in rows {
                let values = try RowCells.read(row.values)
                writer.write(csv.cells.map { $0 < values.count ? values[$0] : nil })
            }
            position = last.position
            written += Int64(rows.count)
            csv.progress(written)
        }
    }
}
#endif
