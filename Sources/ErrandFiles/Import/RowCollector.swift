#if Files
import Errand

/// Rows to be added in one transaction, and how far the import is once they are.
struct ImportBatch: Sendable {
    let rows: [JSONText]
    let state: ImportState
}

/// Gathers what a reader hands over into batches that a store writes in some milliseconds each.
///
/// A class, because two closures given to one call of the reader both add to it.
final class RowCollector {
    /// With rows of usual width SQLite writes these within 20 ms, so others wait no longer for the writer.
    static let rowsPerBatch = 2000
    static let bytesPerBatch = 256 * 1024

    private(set) var state: ImportState
    private var encoder: RowEncoder
    private var rows: [JSONText] = []
    private var byteCount = 0
    private var batches: [ImportBatch] = []

    init(resuming state: ImportState, encoding: CSVEncoding) {
        self.state = state
        encoder = RowEncoder(encoding: encoding)
    }

    func take(_ row: borrowing CSVRow) {
        switch encoder.encode(row) {
        case .success(let json):
            rows.append(json)
            byteCount += json.utf8Count
            state.created = state.created.saturatingSum(1)
            state.position = row.end
            if rows.count >= Self.rowsPerBatch || byteCount >= Self.bytesPerBatch { close() }
        case .failure(let fault): take(fault)
        }
    }

    func take(_ fault: RowFault) {
        state.faults.add(from: state.position, to: fault.end)
        state.position = fault.end
        byteCount += fault.row.utf8.count
    }

    /// Ends the batch that is being gathered, also an empty one: it carries the state.
    func close() {
        batches.append(ImportBatch(rows: rows, state: state))
        rows = []
        byteCount = 0
    }

    /// Takes the oldest batch that is full.
    func next() -> ImportBatch? { batches.isEmpty ? nil : batches.removeFirst() }
}
#endif
