#if Server
/// The W3C trace context of a request.
enum TraceParent {
    /// The header as it is, when it is `00-<32 hex>-<16 hex>-<2 hex>` or of a later version; otherwise it is ignored.
    static func read(_ header: String?) -> String? {
        guard let header, header.utf8.count == 55 else { return nil }
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [2, 32, 16, 2], parts.allSatisfy({ $0.utf8.allSatisfy(isLowercaseHex) }),
            parts[0] != "ff", !parts[1].utf8.allSatisfy({ $0 == UInt8(ascii: "0") }),
            !parts[2].utf8.allSatisfy({ $0 == UInt8(ascii: "0") })
        else { return nil }
        return header
    }

    private static func isLowercaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
#endif
