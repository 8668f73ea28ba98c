#if Server
import FoundationEssentials

/// What of a file changes when somebody writes it.
struct FileStamp: Equatable {
    private let modified: Date?
    private let size: Int64?

    /// Looks at a file; nil when it is not there.
    init?(path: String) {
        // Whatever keeps it from being looked at, there is nothing to be read.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        modified = attributes[.modificationDate] as? Date
        size = (attributes[.size] as? any BinaryInteger).flatMap { Int64(exactly: $0) }
    }
}
#endif
