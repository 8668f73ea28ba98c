#if Server
import Foundation
import Testing

/// The README's script for a program, run word by word.
@Suite("The README's script", .timeLimit(.minutes(5)))
struct NewcomerScriptTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func script() throws -> String {
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- The tests run this script. -->\n```sh\n")
        return try #require(parts.count == 2 ? parts[1].components(separatedBy: "\n```").first : nil)
    }

    @Test("does what it says", arguments: TestedStore.allCases)
    func runs(on store: TestedStore) async throws {
        let folder = try Folder(store)
        // As it is in Examples/errand.yaml, but for the place of the program.
        let program = Self.root.appending(path: "Examples/wordcount.py").path()
        try folder.write("errand.yaml", "types: {wordcount: {command: [python3, \(program)], maxAttempts: 3}}\n")
        let server = try await Server(in: folder, "--config", "errand.yaml")
        let script = try Self.script().replacing("http://127.0.0.1:8080", with: server.url)
        let outcome = try await Running(
            ["-euo", "pipefail", "-c", script],
            executable: "/bin/bash",
            in: folder
        ).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let said = outcome.lines
        #expect(said.filter { $0.hasPrefix("HTTP/1.1 200") }.count == 2)
        #expect(said.filter { $0.hasPrefix("Preference-Applied: wait=5") }.count == 2)
        #expect(said.filter { $0.hasPrefix("Idempotency-Replayed: true") }.count == 1)
        let counted = #"{"words": 6, "different": 4, "counts": {"to": 2, "be": 2, "or": 1, "not": 1}}"#
        #expect(said.contains(counted))
        #expect(said.contains("event: end"))
        #expect(said.contains { $0.contains(#""status":"Cancelled""#) })
        #expect(said.contains { $0.contains(#""status":"Queued","progress":0,"error":null"#) })
        #expect(said.last == #"{"words": 2, "different": 1, "counts": {"well": 2}}"#)
        #expect(await server.stop().status == 0)
    }
}
#endif
