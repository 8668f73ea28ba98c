#if Server
import Foundation
import Testing

/// Holds the real server to the description it serves; `make schemathesis` does it at length, on both stores.
@Suite("The server is as it describes itself", .timeLimit(.minutes(20)))
struct SchemathesisTests {
    @Test("every operation, with a few examples each and every check")
    func everyOperation() async throws {
        try await DrivenScript(
            path: "Scripts/schemathesis/run.py",
            arguments: ["sqlite"],
            environment: ["EXAMPLES": "3", "SECONDS": "900"]
        ).run()
    }
}
#endif
