#if Server
import Foundation
import Testing

/// Holds the clients for other languages to the protocol of workers; the checks are in `clients/conformance`.
@Suite("Clients for other languages", .serialized, .timeLimit(.minutes(20)))
struct ConformanceTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("the Python worker obeys the protocol, whatever happens to it and to the server")
    func python() async throws { try await hold("python3", "clients/python/conformance_worker.py") }

    @Test("the Node.js worker obeys the protocol, whatever happens to it and to the server")
    func node() async throws {
        // The machine's own where it is new enough, else one below .build.
        let setup = Self.root.appending(path: "Scripts/setup-node").path()
        let outcome = try await Running([], executable: setup, in: Folder()).outcome()
        let folder = try #require(outcome.lines.last, "\(outcome.errors)")
        try await hold("\(folder)/node", "clients/node/conformance-worker.js")
    }

    private func hold(_ interpreter: String, _ worker: String) async throws {
        let server = ["--server", try Binary.path()]
        // `make clients` kills for longer, on PostgreSQL as well, and holds them to the seconds that are promised; here
        // other tests want the same machine.
        let command = ["--seconds", "10", "--", interpreter, Self.root.appending(path: worker).path()]
        try await DrivenScript(
            path: "clients/conformance/kit.py",
            arguments: server + command,
            environment: ["PATIENCE": "10"]
        ).run()
    }
}
#endif
