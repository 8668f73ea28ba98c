#if Files
import Errand

/// Takes the cells of a row out of its JSON array.
///
/// Nearly every cell is a string without escapes, which is its bytes between two quotes; taking those apart here and
/// leaving other values to the exact reader makes an export several times faster.
enum RowCells {
    /// The cells: a string's text, nil for `null`, everything else as it is spelled.
    static func read(_ row: JSONText) throws(JSONError) -> [String?] {
        var text = row.string
        if let cells = text.withUTF8({ plainCells($0) }) { return cells }
        return try row.elements().map(\.cellText)
    }

    /// The cells of an array of strings and `null`, written without spaces and escapes; nil for any other.
    private static func plainCells(_ bytes: UnsafeBufferPointer<UInt8>) -> [String?]? {
        guard bytes.count > 2, bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return nil }
        var cells: [String?] = []
        var index = 1
        while true {
            let start = index + 1
            if bytes[index] == UInt8(ascii: "\"") {
                index = start
                // The text is valid JSON, so a quote comes before the end.
                while bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") { index += 1 }
                guard bytes[index] == UInt8(ascii: "\"") else { return nil }
                cells.append(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self))
                index += 1
            } else {
                guard bytes[index...].starts(with: "null".utf8) else { return nil }
                cells.append(nil)
                index += 4
            }
            guard bytes[index] == UInt8(ascii: ",") else { return index == bytes.count - 1 ? cells : nil }
            index += 1
        }
    }
}

extension JSONText {
    fileprivate var cellText: String? {
        switch kind {
        case .null: nil
        case .string: stringValue
        default: string
        }
    }
}
#endif
