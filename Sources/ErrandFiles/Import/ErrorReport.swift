#if Files
import Errand

/// The error report of an import as CSV, made while it is read: line, column, code, message, the row.
///
/// It reads the stretches of the file that hold bad rows again; see ``FaultSpans``.
struct ErrorReport: AsyncSequence, Sendable {
    typealias Failure = any Error

    let object: ObjectPlace
    let options: CSVOptions
    let columns: [String]?
    let delimiter: UInt8?
    let spans: [FaultSpans.Span]

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    final class Iterator: AsyncIteratorProtocol {
        private let report: ErrorReport
        private var spans: ArraySlice<FaultSpans.Span>
        private var chunks: (any AsyncIteratorProtocol<[UInt8], any Error>)?
        private var reader: CSVReader
        private let output: Output

        /// What the closures given to the reader write to.
        private final class Output {
            var writer = CSVWriter()
            var encoder: RowEncoder

            init(encoding: CSVEncoding) {
                encoder = RowEncoder(encoding: encoding)
                writer.writeHeader(["line", "column", "code", "message", "row"])
            }

            func write(_ fault: RowFault) {
                let column = fault.column.map(String.init)
                writer.write([String(fault.line), column, fault.code, fault.message, fault.row])
            }

            func check(_ row: borrowing CSVRow) {
                if case .failure(let fault) = encoder.encode(row) { write(fault) }
            }
        }

        init(_ report: ErrorReport) {
            self.report = report
            spans = report.spans[...]
            output = Output(encoding: report.options.encoding)
            reader = CSVReader(options: report.options)
        }

        func next() async throws -> [UInt8]? {
            let output = output
            while true {
                if output.writer.byteCount > 0 { return output.writer.drain() }
                if let chunk = try await chunks?.next(isolation: #isolation) {
                    try reader.read(chunk, row: { output.check($0) }, rowError: { output.write(RowFault($0)) })
                } else if chunks != nil {
                    try reader.finish(row: { output.check($0) }, rowError: { output.write(RowFault($0)) })
                    chunks = nil
                } else if let span = spans.popFirst() {
                    try await start(span)
                } else {
                    return nil
                }
            }
        }

        private func start(_ span: FaultSpans.Span) async throws {
            let range = Int64(span.start.offset)..<Int64(span.end)
            chunks = try await report.object.store.get(report.object.key, range: range).chunks.makeAsyncIterator()
            guard span.start != .start, let columns = report.columns, let delimiter = report.delimiter else {
                // The stretch begins with the file: the reader meets the header, if there is one. It may be too short
                // to find the delimiter in, which is known by now.
                var options = report.options
                options.delimiter = report.delimiter ?? options.delimiter
                reader = CSVReader(options: options)
                return
            }
            let place = CSVCheckpoint(position: span.start, delimiter: delimiter, columns: columns)
            reader = CSVReader(options: report.options, resumingAt: place)
        }
    }
}
#endif
