#if Server
import Crypto
import Errand
import FoundationEssentials

/// Strong entity tags (RFC 9110, section 8.8.3).
enum EntityTag {
    /// The tag of some bytes.
    static func of(_ bytes: [UInt8]) -> String {
        "\"" + Base64URL.encode(Data(SHA256.hash(data: bytes).prefix(12))) + "\""
    }

    /// The tag of what has revisions: the revision, and a digest of what else the bytes depend on.
    static func make(rev: Int64, _ rest: String) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in rest.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return "\"\(rev)-\(String(hash, radix: 16))\""
    }

    /// Whether an `If-None-Match` names a tag; weak and strong ones compare alike.
    static func matches(_ tag: String, ifNoneMatch header: String?) -> Bool {
        guard let header else { return false }
        if header == "*" { return true }
        return header.split(at: ",").contains { part in
            let given = part.trimmingWhitespace()
            return given == tag || given == "W/\(tag)"
        }
    }

    /// The revisions that an `If-Match` names, for a store to compare; nil where any will do.
    ///
    /// Changes go by the revision alone. What is no strong tag of ours names none, and so does not match.
    static func revisions(ifMatch header: String?) -> Set<Int64>? {
        guard let header, header.trimmingWhitespace() != "*" else { return nil }
        let revisions = header.split(at: ",").compactMap { part in
            let tag = part.trimmingWhitespace()
            return Int64(tag.drop { $0 == "\"" }.prefix { $0.isNumber })
        }
        return Set(revisions)
    }
}
#endif
