#if Server
import Foundation
import Testing

/// Runs programs with hostile output in the real server; `make fuzz-command` does it for minutes.
@Suite("The server and what programs print", .timeLimit(.minutes(10)))
struct CommandOutputFuzzTests {
    @Test("whatever a program prints, its job ends, with the result the reference reads or a failure that says why")
    func anyOutput() async throws {
        let environment = ProcessInfo.processInfo.environment
        var wishes = ["CASES": environment["CASES"] ?? "120", "PATIENCE": "10"]
        wishes["SEED"] = environment["SEED"]
        try await DrivenScript(path: "Scripts/fuzz/command_output.py", environment: wishes).run()
    }
}
#endif
