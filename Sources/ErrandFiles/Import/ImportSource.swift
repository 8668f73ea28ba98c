#if Files
import Errand

/// Reads an uploaded file as batches, from its start or from where an earlier run stopped.
///
/// For one task: it hands out batches in order, and the next is read while the one before is being written.
final class ImportSource {
    private let chunks: any AsyncSequence<[UInt8], any Error> & Sendable
    private var iterator: any AsyncIteratorProtocol<[UInt8], any Error>
    private var reader: CSVReader
    private let collector: RowCollector
    private var isFinished = false

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - object: Where the file is.
    ///   - options: How to read it.
    ///   - state: Where to begin.
    /// - Throws: What the store throws, or `CSVHeaderError`.
    init(_ object: ObjectPlace, options: CSVOptions, from state: ImportState) async throws {
        let start = state.position == .start ? nil : try await Self.checkpoint(object, options, at: state.position)
        let body = try await object.store.get(object.key, range: Int64(state.position.offset)..<Int64.max)
        chunks = body.chunks
        iterator = chunks.makeAsyncIterator()
        reader = CSVReader(options: options, resumingAt: start)
        collector = RowCollector(resuming: state, encoding: options.encoding)
    }

    /// The columns; nil until they are known.
    var columns: [String]? { reader.columns }

    /// The byte between cells; nil until it is found.
    var delimiter: UInt8? { reader.delimiter }

    /// How far reading is; at the end, how it all went.
    var state: ImportState { collector.state }

    /// The next batch; nil at the end, or at once when the file has no columns.
    func next() async throws -> ImportBatch? {
        while true {
            if let batch = collector.next() { return batch }
            if isFinished { return nil }
            let collector = collector
            if let chunk = try await iterator.next(isolation: #isolation) {
                try reader.read(chunk, row: { collector.take($0) }, rowError: { collector.take(RowFault($0)) })
            } else {
                isFinished = true
                try reader.finish(row: { collector.take($0) }, rowError: { collector.take(RowFault($0)) })
                if reader.columns != nil { collector.close() }
            }
        }
    }

    /// Finds the columns and the delimiter again at the file's start, as the first run did.
    private static func checkpoint(
        _ object: ObjectPlace,
        _ options: CSVOptions,
        at position: CSVPosition
    ) async throws -> CSVCheckpoint? {
        var reader = CSVReader(options: options)
        for try await chunk in try await object.store.get(object.key, range: nil).chunks {
            try reader.read(chunk, row: { _ in }, rowError: { _ in })
            if let checkpoint = reader.checkpoint(at: position) { return checkpoint }
        }
        try reader.finish(row: { _ in }, rowError: { _ in })
        return reader.checkpoint(at: position)
    }
}

/// A file in object storage.
struct ObjectPlace: Sendable {
    let store: any ObjectStore
    let key: String
    let size: Int64
}
#endif
