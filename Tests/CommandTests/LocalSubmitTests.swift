#if Server
import Errand
import Foundation
import Testing

@Suite("errand submit without a server", .timeLimit(.minutes(2)))
struct LocalSubmitTests {
    @Test("a submit whose unique key another job has says that the job is there, as a server does")
    func existing() async throws {
        let folder = try Folder()
        #expect(try await folder.errand("migrate").status == 0)
        func submit(_ more: String...) async throws -> Outcome {
            try await Running(["submit", "echo", #"{"n": 1}"#, "--unique-key", "k"] + more, in: folder).outcome()
        }
        let first = try await submit()
        #expect(first.status == 0 && first.output.hasPrefix("Submitted "), "\(first.output)\(first.errors)")
        let again = try await submit()
        #expect(again.status == 0 && again.output.contains(" exists already."), "\(again.output)\(again.errors)")
        let shown = try await submit("--json")
        #expect(shown.output.contains(#""existing":true"#), "\(shown.output)\(shown.errors)")
    }
}
#endif
