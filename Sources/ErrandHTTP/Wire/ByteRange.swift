#if Server
/// One range of bytes as `Range` asks for it (RFC 9110, section 14).
enum ByteRange: Equatable {
    /// From a byte to another or to the end.
    case from(Int64, through: Int64?)
    /// So many bytes at the end.
    case last(Int64)

    /// Reads the field; nil when there is none, or one that may be ignored: another unit, broken, or several ranges.
    init?(_ header: String?) {
        guard let header, header.hasPrefix("bytes=") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Self.number(parts[0]), let last = Self.number(parts[1]) else { return nil }
        switch (first, last) {
        case (nil, nil): return nil
        case (nil, let count?): self = .last(count)
        case (let start?, let end):
            if let end, end < start { return nil }
            self = .from(start, through: end)
        }
    }

    /// The number; nil inside when the text is empty, nil outside when it is no number.
    private static func number(_ text: Substring) -> Int64?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text).map { .some($0) }
    }

    /// The bytes of a file of a size; nil when none of them is in it.
    func within(_ size: Int64) -> Range<Int64>? {
        switch self {
        case .from(let start, let end):
            guard start < size else { return nil }
            return start..<(min(end ?? size - 1, size - 1) + 1)
        case .last(let count):
            guard count > 0, size > 0 else { return nil }
            return max(size - count, 0)..<size
        }
    }
}
#endif
