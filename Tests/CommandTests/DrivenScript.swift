#if Server
import Foundation
import Testing

/// A Python script that drives the built command and ends with 0 when all was as it should be.
struct DrivenScript {
    /// Where it is, from the package's folder.
    let path: String
    var arguments: [String] = []
    var environment: [String: String] = [:]

    /// Runs it in a folder of its own, prints what it says at its end, and shows everything when it fails.
    func run() async throws {
        let folder = try Folder()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let driver = try Running(
            ["python3", root.appending(path: path).path()] + arguments,
            executable: "/usr/bin/env",
            in: folder,
            environment: environment.merging(
                ["ERRAND_BINARY": try Binary.path(), "PYTHONDONTWRITEBYTECODE": "1"]
            ) { old, _ in old }
        )
        let outcome = await driver.outcome()
        print(([path] + outcome.lines.suffix(6)).joined(separator: "\n    "))
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
#endif
