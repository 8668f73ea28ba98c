#if Postgres
import Errand
import ErrandTesting
import Foundation
import Testing

@testable import ErrandPostgres

/// `docs/schema-postgresql.sql` is the schema as pg_dump writes it down once every migration has run.
@Suite(.timeLimit(.minutes(5)))
struct SchemaDumpTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/schema-postgresql.sql")
    private static let head = """
        -- The PostgreSQL schema once every migration has run, as pg_dump writes it down. Not to be edited: see
        -- Tests/ErrandPostgresTests/SchemaDumpTests.swift. What the columns mean is in the migrations themselves.

        """

    @Test("the schema in docs is what the migrations make")
    func dump() async throws {
        try await TemporarySchema.withName { name in
            try await TemporarySchema.open(name, clock: nil).close()
            let now = Self.head + Self.normalized(try Self.pgDump(name), schema: name)
            if ProcessInfo.processInfo.environment["REFRESH_SCHEMA"] == "1" {
                try now.write(to: Self.file, atomically: true, encoding: .utf8)
            }
            let written = try String(contentsOf: Self.file, encoding: .utf8)
            #expect(
                written == now,
                "Refresh it with: REFRESH_SCHEMA=1 swift test --filter SchemaDumpTests; then look at the difference."
            )
        }
    }

    private static func pgDump(_ schema: String) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--schema", schema,
            "--dbname", try TemporarySchema.url(),
        ]
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "pg_dump failed; it must not be older than the server")
        return String(decoding: text, as: UTF8.self)
    }

    /// Without what depends on the versions of server and pg_dump: comments, settings, psql's own commands.
    private static func normalized(_ dump: String, schema: String) -> String {
        var lines: [Substring] = []
        for line in dump.replacing(schema, with: "errand").split(separator: "\n", omittingEmptySubsequences: false) {
            if ["--", "SET ", "SELECT pg_catalog.set_config", "\\"].contains(where: line.hasPrefix) { continue }
            // One empty line where what is left out leaves several.
            if line.isEmpty, lines.last?.isEmpty ?? true { continue }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }
}
#endif
