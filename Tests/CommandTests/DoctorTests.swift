#if Server
import Errand
import Foundation
import Testing
#if Postgres
@testable import ErrandPostgres
#endif

@Suite("errand doctor", .timeLimit(.minutes(3)))
struct DoctorTests {
    /// The findings of a check, as `verdict: message`.
    private func findings(_ folder: Folder, _ check: String, _ more: String...) async throws -> [String] {
        let outcome = try await Running(["doctor", "--json"] + more, in: folder).outcome()
        let objects = try outcome.lines.map { try JSONText(validating: $0).object() }
        let worst = objects.contains { $0["verdict"]?.stringValue == "problem" }
        #expect(outcome.status == (worst ? 69 : 0), "\(outcome.output)\(outcome.errors)")
        return objects.filter { $0["check"]?.stringValue == check }.map { object in
            #expect((object["verdict"]?.stringValue == "ok") == (object["advice"]?.stringValue == nil))
            return "\(object["verdict"]?.stringValue ?? ""): \(object["message"]?.stringValue ?? "")"
        }
    }

    private func expectOne(_ start: String, _ findings: [String]) {
        #expect(findings.count == 1 && findings.first?.hasPrefix(start) == true, "\(findings)")
    }

    @Test("a fresh store has no problem, as text and as JSON", arguments: TestedStore.allCases)
    func fresh(store: TestedStore) async throws {
        let folder = try Folder(store)
        #expect(try await folder.errand("migrate").status == 0)
        let text = try await folder.errand("doctor")
        #expect(text.status == 0, "\(text.output)\(text.errors)")
        #expect(text.lines.first?.hasPrefix("ok       configuration: ") == true)
        #expect(!text.output.contains("problem"))
        expectOne("ok: Every migration is applied", try await findings(folder, "schema"))
    }

    @Test("a configuration that is wrong is the only finding, with code 78")
    func configuration() async throws {
        let folder = try Folder()
        try folder.write("errand.yaml", "storre: sqlite:a.db\n")
        let outcome = try await folder.errand("doctor", "--config", "errand.yaml")
        #expect(outcome.status == 78)
        #expect(outcome.lines.count == 1 && outcome.output.hasPrefix("problem  configuration: "))
        #expect(outcome.output.contains("storre"))
    }

    @Test("a damaged file, a file that is no database, and a missing folder are problems")
    func damagedFile() async throws {
        let folder = try Folder()
        try folder.write("noise.db", String(repeating: "no database ", count: 1000))
        expectOne("problem: ", try await findings(folder, "integrity", "--store", "sqlite:noise.db"))
        let nowhere = try await findings(folder, "file", "--store", "sqlite:nowhere/errand.db")
        expectOne("problem: The folder ", nowhere)
        expectOne("problem: ", try await findings(folder, "files", "--files", "nowhere/files"))
        #expect(try await folder.errand("migrate").status == 0)
        let server = try await Server(in: folder)
        expectOne("ok: Process \(server.running.pid) has the file", try await findings(folder, "owner"))
        #expect(await server.stop().status == 0)
    }

    #if Postgres
    @Test("a schema that is missing, damaged or newer is a problem, as is what keeps it from being used")
    func brokenSchema() async throws {
        let folder = try Folder(.postgres)
        expectOne("problem: The schema ", try await findings(folder, "schema"))
        #expect(try await folder.errand("migrate").status == 0)
        let schema = try #require(folder.schema)
        let connection = try schema.connect()
        try connection.runAll("DROP INDEX errand.live_claimable")
        try connection.runAll(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'errand.live_running'::regclass"
        )
        #expect(
            try await findings(folder, "indexes") == [
                "problem: Indexes are missing: live_claimable.", "problem: Indexes are invalid: live_running.",
            ]
        )
        try connection.runAll("INSERT INTO errand.copies VALUES ('elsewhere', '', 0, NULL)")
        expectOne("problem: A copy from elsewhere", try await findings(folder, "schema"))
        try connection.runAll("INSERT INTO errand.migrations VALUES (99, now())")
        expectOne("problem: The schema ", try await findings(folder, "schema"))
    }

    @Test("a role without permissions, read-only transactions, and a wrong word about a pooler are seen")
    func brokenAccess() async throws {
        let folder = try Folder(.postgres)
        #expect(try await folder.errand("migrate").status == 0)
        let schema = try #require(folder.schema)
        let role = "doctor_" + schema.name.suffix(12)
        let connection = try schema.connect()
        try connection.runAll("CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA \(schema.name) TO \(role)")
        defer {
            // It goes with the server when it cannot be dropped.
            _ = try? connection.runAll("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
        let other = schema.url.replacing("user=errand", with: "user=\(role)")
        #expect(other != schema.url)
        expectOne("problem: The role may not", try await findings(folder, "permissions", "--store", other))
        let readOnly = schema.url + "&options=-c%20default_transaction_read_only%3Don"
        expectOne("problem: Transactions are read-only", try await findings(folder, "writable", "--store", readOnly))
        expectOne("ok: A connection keeps its session", try await findings(folder, "pooler"))
        expectOne("ok: A notification took", try await findings(folder, "notifications"))
        let nowhere = "postgres:///postgres?host=/nowhere"
        expectOne("problem: PostgreSQL cannot be reached", try await findings(folder, "version", "--store", nowhere))
    }
    #endif
}
#endif
