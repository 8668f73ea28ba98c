#if Server
import Foundation

/// The built command that the tests drive as a user does.
enum Binary {
    /// `ERRAND_BINARY`, else what was built last under the usual name; never a reason to skip a test.
    static func path() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let candidates =
            environment["ERRAND_BINARY"].map { [$0] }
            ?? ["\(root)/.build/release/errand", "\(root)/.build/debug/errand"]
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw NoBinary(candidates: candidates)
        }
        return found
    }

    /// The test's own environment without settings, which would make the command do something else here.
    static func environment(_ more: [String: String]) -> [String: String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("ERRAND_") || $0.key == "ERRAND_TEST_RUN" }
            .merging(more) { _, new in new }
    }
}

struct NoBinary: Error, CustomStringConvertible {
    let candidates: [String]
    var description: String {
        "There is no errand at \(candidates.joined(separator: " or ")): build it with swift build --product errand, "
            + "or name one with ERRAND_BINARY."
    }
}

/// A folder for one test, deleted with it, and the store that the command uses there.
final class Folder: Sendable {
    let path: String
    #if Postgres
    let schema: Schema?
    #endif

    init(_ store: TestedStore = .sqlite) throws {
        #if Postgres
        schema = store == .postgres ? try Schema() : nil
        #endif
        path = try Self.make()
    }

    #if Postgres
    init(_ schema: Schema) throws {
        self.schema = schema
        path = try Self.make()
    }

    /// What makes the command use the store.
    var environment: [String: String] { schema.map { ["ERRAND_STORE": $0.url] } ?? [:] }
    #else
    let environment: [String: String] = [:]
    #endif

    private static func make() throws -> String {
        let path = NSTemporaryDirectory() + "/errand-command-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    deinit {
        // A folder that cannot be removed must not fail the test that used it.
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}
#endif
