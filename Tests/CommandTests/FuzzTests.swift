#if Server
import Foundation
import Testing

/// Asks a real server for what it should not bear; `make fuzz-api` does it for minutes, on both stores.
@Suite("The server bears what it is asked", .timeLimit(.minutes(20)))
struct FuzzTests {
    @Test("every operation, with extreme values in a good part of its spots", arguments: stores)
    func everyOperation(_ store: String) async throws {
        try await DrivenScript(
            path: "Scripts/fuzz/api.py",
            arguments: [store, "--requests", "2000"],
            environment: ["SEED": ProcessInfo.processInfo.environment["SEED"] ?? "20260101"]
        ).run()
    }

    #if Postgres
    private static let stores = ["sqlite", "postgres"]
    #else
    private static let stores = ["sqlite"]
    #endif
}
#endif
