#if Server
import FoundationEssentials

/// Strong entity tags: the revision, and a digest of what else the bytes depend on.
///
/// Changes go by the revision alone.
enum EntityTag {
    static func make(rev: Int64, _ rest: String) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in rest.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return "\"\(rev)-\(String(hash, radix: 16))\""
    }

    /// The revisions that an `If-Match` names, for a store to compare; nil where any will do.
    ///
    /// What is no strong tag of ours names none, and so does not match.
    static func revisions(ifMatch header: String?) -> Set<Int64>? {
        guard let header, header.trimmingWhitespace() != "*" else { return nil }
        let revisions = header.split(separator: ",").compactMap { part in
            let tag = part.trimmingWhitespace()
            return Int64(tag.drop { $0 == "\"" }.prefix { $0.isNumber })
        }
        return Set(revisions)
    }
}
#endif
