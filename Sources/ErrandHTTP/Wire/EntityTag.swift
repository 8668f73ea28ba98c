#if Server
import Crypto
import FoundationEssentials

/// Entity tags (RFC 9110, section 8.8.3).
enum EntityTag {
    /// The strong tag of some bytes.
    static func of(_ bytes: [UInt8]) -> String {
        "\"" + Base64URL.encode(Data(SHA256.hash(data: bytes).prefix(12))) + "\""
    }

    /// Whether an `If-None-Match` names a tag; weak and strong ones compare alike.
    static func matches(_ tag: String, ifNoneMatch header: String?) -> Bool {
        guard let header else { return false }
        if header == "*" { return true }
        return header.split(separator: ",").contains { part in
            let given = part.trimmingWhitespace()
            return given == tag || given == "W/\(tag)"
        }
    }
}
#endif
