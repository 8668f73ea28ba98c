#if Server
import Errand
import FoundationEssentials

extension JobFilter {
    /// The filter in words that are the same for the same filter, however it was spelt, and for no other.
    var words: [String] {
        let optional = [
            projectId?.text, queue?.text, tag, createdBy, search, createdAfter?.description,
            createdBefore?.description,
        ]
        let sets = [statuses.map { $0.map(\.rawValue).sorted() }, types.map { $0.sorted().map(\.text) }]
        return optional.map { $0.map { "=\($0)" } ?? "" }
            + sets.map { $0.map { "=" + $0.map { "\($0.utf8.count):\($0)" }.joined() } ?? "" }
    }
}
#endif
