#if Files
import Errand

/// What the cells of one input mean.
///
/// A class, so that lending a row counts one reference and not one for each list in here.
final class CSVRowFormat: Sendable {
    let encoding: CSVEncoding
    let delimiter: UInt8
    /// The names of the columns, unique.
    let columns: [String]
    private let nullValues: Set<Name>
    /// The null values as UTF-8, so that most cells are told from null without making a string.
    private let nullBytes: [[UInt8]]

    init(_ options: CSVOptions, delimiter: UInt8, columns: [String]) {
        self.columns = columns
        self.encoding = options.encoding
        self.delimiter = delimiter
        self.nullValues = Set(options.nullValues.map { Name($0) })
        self.nullBytes = options.nullValues.map { Array($0.utf8) }
    }

    func value(of record: CSVRecordView, at index: Int) -> String? {
        isNull(record, at: index) ? nil : record.text(ofField: index, in: encoding)
    }

    func isNull(_ record: CSVRecordView, at index: Int) -> Bool {
        guard !nullBytes.isEmpty else { return false }
        guard record.isASCII || encoding == .utf8, !record.fields[index].isEscaped else {
            return nullValues.contains(Name(record.text(ofField: index, in: encoding)))
        }
        let bytes = record.rawBytes(ofField: index)
        return nullBytes.contains { $0.count == bytes.count && $0.elementsEqual(bytes) }
    }
}
#endif
