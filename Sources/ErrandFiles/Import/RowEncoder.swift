#if Files
import Errand

/// Makes the JSON array of a row straight from the bytes of the input.
///
/// A string per cell would cost more than SQLite's insert; here a row is one buffer that is used again, and one string.
struct RowEncoder {
    private let encoding: CSVEncoding
    private var buffer: [UInt8] = []

    init(encoding: CSVEncoding) {
        self.encoding = encoding
        buffer.reserveCapacity(4096)
    }

    /// Encodes a row; a cell that no store can keep is the row's fault.
    mutating func encode(_ row: borrowing CSVRow) -> Result<JSONText, RowFault> {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(UInt8(ascii: "["))
        for index in 0..<row.count {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            guard append(row, index) else { return .failure(RowFault(nulIn: row, cell: index)) }
        }
        buffer.append(UInt8(ascii: "]"))
        // Trusted: the reader passes valid UTF-8 only, and this has escaped what JSON wants escaped.
        return .success(JSONText(trusted: String(decoding: buffer, as: UTF8.self)))
    }

    private mutating func append(_ row: borrowing CSVRow, _ index: Int) -> Bool {
        if encoding != .utf8, var text = row[index], text.utf8.contains(where: { $0 >= 0x80 }) {
            return text.withUTF8 { appendString(UnsafeRawBufferPointer($0)) }
        }
        return row.withBytes(at: index) { bytes in
            if let bytes { return appendString(bytes) }
            buffer.append(contentsOf: "null".utf8)
            return true
        }
    }

    private mutating func appendString(_ bytes: UnsafeRawBufferPointer) -> Bool {
        buffer.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<bytes.count where Self.needsEscape(bytes[index]) {
            guard bytes[index] != 0 else { return false }
            buffer.append(contentsOf: bytes[start..<index])
            append(escaped: bytes[index])
            start = index + 1
        }
        buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start...]))
        buffer.append(UInt8(ascii: "\""))
        return true
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): buffer.append(contentsOf: #"\\"#.utf8)
        case UInt8(ascii: "\n"): buffer.append(contentsOf: #"\n"#.utf8)
        case UInt8(ascii: "\r"): buffer.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): buffer.append(contentsOf: #"\t"#.utf8)
        default:
            let digits = Array("0123456789abcdef".utf8)
            buffer.append(contentsOf: byte < 0x10 ? #"\u000"#.utf8 : #"\u001"#.utf8)
            buffer.append(digits[Int(byte & 0xF)])
        }
    }
}

/// Why a row of an import was not added, as the error report shows it.
struct RowFault: Error, Sendable, Hashable {
    let line: Int
    let column: Int?
    let code: String
    let message: String
    let row: String
    let end: CSVPosition

    init(_ error: CSVRowError) {
        line = error.line
        column = error.column
        code = error.code.rawValue
        message = error.message
        row = error.row
        end = error.end
    }

    init(nulIn row: borrowing CSVRow, cell: Int) {
        line = row.line
        column = cell + 1
        code = "nul_character"
        message = "The cell holds the character U+0000, which cannot be stored."
        self.row = (0..<row.count).map { row[$0] ?? "" }.joined(separator: ",").cut(toBytes: CSVRecord.excerptLength)
        end = row.end
    }
}
#endif
