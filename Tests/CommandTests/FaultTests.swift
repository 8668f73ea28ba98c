#if Server
import Foundation
import Testing

/// Drives the real server into the ground; the drivers, and what they check, are in `Scripts/faults`.
@Suite("The server under faults", .serialized)
struct FaultTests {
    @Test("whatever moment it is killed at, no job is lost and nothing is done twice under one fence")
    func killLoop() async throws {
        let environment = ProcessInfo.processInfo.environment
        // Thirty kills are for the evening; KILLS, JOBS and SEED make it as long, or as it was, as one likes.
        let asked = ["KILLS": environment["KILLS"] ?? "10", "JOBS": environment["JOBS"] ?? "80"]
        try await drive("kill_loop.py", asked)
    }

    @Test("SIGTERM under load ends with 0 and charges nobody; a second one ends it at once with its programs")
    func stops() async throws { try await drive("stop.py") }

    @Test("every submit that is acknowledged was forced to the disk before")
    func syncs() async throws { try await drive("sync_count.py") }

    private func drive(_ script: String, _ more: [String: String] = [:]) async throws {
        let folder = try Folder()
        let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Scripts/faults")
        let seed = ProcessInfo.processInfo.environment["SEED"].map { ["SEED": $0] } ?? [:]
        let driver = try Running(
            ["python3", scripts.appending(path: script).path()],
            executable: "/usr/bin/env",
            in: folder,
            environment: more.merging(seed) { old, _ in old }
                .merging(["ERRAND_BINARY": try Binary.path(), "PYTHONDONTWRITEBYTECODE": "1"]) { old, _ in old }
        )
        let outcome = await driver.outcome()
        print(([script] + outcome.lines.suffix(6)).joined(separator: "\n    "))
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
#endif
