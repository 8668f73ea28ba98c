#if Server
import Foundation
import Testing

/// The clients of `clients/` with their workers killed off, frozen and left without answers; `make clients` runs the
/// whole kit, and the clients' own tests.
@Suite("Workers in other languages", .serialized, .timeLimit(.minutes(10)))
struct WorkerClientTests {
    @Test(
        "a worker that wakes with lost leases writes nothing, and one that was not answered says its ends again",
        arguments: [
            ["python3", "clients/python/conformance_worker.py"], ["node", "clients/node/conformance-worker.js"],
        ],
        TestedStore.allCases
    )
    func conformance(_ worker: [String], _ store: TestedStore) async throws {
        let folder = try Folder(store)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path()
        var kit = ["python3", "clients/conformance/kit.py", "--server", try Binary.path()]
        kit += ["--only", "frozen", "--only", "settles"]
        #if Postgres
        if let url = folder.schema?.url { kit += ["--store", url] }
        #endif
        let program = try Running(
            ["-C", root] + kit + ["--"] + worker,
            executable: "/usr/bin/env",
            in: folder,
            environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        )
        let outcome = await program.outcome()
        #expect(outcome.status == 0, "\(outcome.output.suffix(8000))\(outcome.errors.suffix(8000))")
        #expect(outcome.lines.last?.hasSuffix(", 0 failed") == true)
    }
}
#endif
