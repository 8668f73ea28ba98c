#if Files
import Foundation

/// A folder of one test's own, deleted with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "errand-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path()
    }

    // Nobody is there to hear of a folder that could not be deleted, and the system clears its temporary files.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Every file and folder below, by path, hidden ones included.
    var contents: [String] { (try? FileManager.default.subpathsOfDirectory(atPath: path).sorted()) ?? [] }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }
}
#endif
