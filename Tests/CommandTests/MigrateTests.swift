#if Server
import Foundation
import Testing
#if Postgres
@testable import ErrandPostgres
#endif

@Suite("errand migrate", .timeLimit(.minutes(5)))
struct MigrateTests {
    @Test(
        "a dry run prints the SQL and changes nothing; then the step is applied once",
        arguments: TestedStore.allCases
    )
    func migrating(store: TestedStore) async throws {
        let folder = try Folder(store)
        let dry = try await folder.errand("migrate", "--dry-run")
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.contains("CREATE TABLE"))
        let steps = dry.lines.filter { $0.hasPrefix("-- V0") }
        #expect(steps.first == "-- V001_jobs: missing" && steps.allSatisfy { $0.hasSuffix(": missing") })
        #expect(try await folder.errand("migrate", "--dry-run").output == dry.output)
        #expect(try await folder.errand("list").status == 69)
        let names = steps.map { $0.dropFirst(3).prefix { $0 != ":" } }
        let applied = try await folder.errand("migrate")
        #expect(applied.status == 0, "\(applied.errors)")
        #expect(applied.lines == names.map { "\($0): applied now" })
        #expect(try await folder.errand("migrate").lines == names.map { "\($0): applied before" })
        let after = try await folder.errand("migrate", "--dry-run")
        #expect(after.lines == names.map { "-- \($0): applied before" })
        #expect(try await folder.errand("list").status == 0)
    }

    #if Postgres
    @Test("what a dry run prints can be run as it is")
    func dryRun() async throws {
        let folder = try Folder(.postgres)
        let connection = try #require(folder.schema).connect()
        let sql = try await folder.errand("migrate", "--dry-run").output
        try connection.runAll("BEGIN; CREATE SCHEMA \(connection.schema)")
        try connection.runAll(sql)
        try connection.runAll("SELECT number FROM errand.jobs; ROLLBACK")
    }

    @Test("eight processes at once, one of them killed, make one schema")
    func atOnce() async throws {
        let folder = try Folder(.postgres)
        let running = try (0..<8).map { _ in try Running(["migrate"], in: folder) }
        running[0].signal(SIGKILL)
        var applied = 0
        for (index, process) in running.enumerated() {
            let outcome = await process.outcome()
            guard index > 0 else { continue }
            #expect(outcome.status == 0, "\(outcome.errors)")
            applied += outcome.output.hasPrefix("V001_jobs: applied now\n") ? 1 : 0
        }
        // Who came while another was at it saw the step missing, and found it done when its turn came.
        #expect(applied > 0)
        let connection = try #require(folder.schema).connect()
        #expect(try connection.runAll("SELECT FROM errand.migrations WHERE version = 1").count == 1)
    }

    @Test("an older version refuses a newer schema politely, whatever it is asked to do")
    func tooNew() async throws {
        let folder = try Folder(.postgres)
        #expect(try await folder.errand("migrate").status == 0)
        try #require(folder.schema).connect().runAll("INSERT INTO errand.migrations VALUES (99, now())")
        for command in [["serve", "--port", "0"], ["list"], ["migrate"], ["migrate", "--dry-run"]] {
            let refused = try await Running(command, in: folder).outcome()
            #expect(refused.status == 69)
            #expect(refused.errors.contains("newer version of Errand: it has step 99"), "\(refused.errors)")
        }
    }
    #endif
}
#endif
