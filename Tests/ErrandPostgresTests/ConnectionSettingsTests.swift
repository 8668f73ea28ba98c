#if Postgres
import Errand
import Testing

@testable import ErrandPostgres

@Suite(.timeLimit(.minutes(5)))
struct ConnectionSettingsTests {
    private func settings(_ url: String, _ names: [String]) throws -> [String] {
        let connection = try PostgresConnection(url: url, schema: "settings")
        return try names.map { name in
            try connection.run("SELECT current_setting($1::text)", [.text(name)])
                .first { (row) throws(JobStoreError) in row.text() } ?? ""
        }
    }

    @Test("a connection has a name, and limits that the URL may set otherwise")
    func limits() throws {
        let names = ["application_name", "statement_timeout", "idle_in_transaction_session_timeout"]
        let url = try TemporarySchema.url()
        #expect(try settings(url, names) == ["errand/settings", "30s", "1min"])
        let other = url + "&application_name=mine&options=-cstatement_timeout%3D7s"
        #expect(try settings(other, names) == ["mine", "7s", "1min"])
    }

    @Test("an answer is waited for half as long again as the server may take")
    func answerLimit() throws {
        let url = try TemporarySchema.url()
        #expect(try PostgresConnection(url: url, schema: "settings").answerLimit == .seconds(45))
        let patient = try PostgresConnection(url: url + "&options=-cstatement_timeout%3D7s", schema: "settings")
        #expect(patient.answerLimit == .milliseconds(10_500))
    }

    @Test("a statement that takes too long is given up by the server, and its connection goes on")
    func slowStatement() throws {
        let url = try TemporarySchema.url() + "&options=-cstatement_timeout%3D100ms"
        let connection = try PostgresConnection(url: url, schema: "settings")
        let error = #expect(throws: JobStoreError.self) { try connection.runAll("SELECT pg_sleep(60)") }
        #expect(error?.code == .unavailable && error?.postgres?.sqlState == "57014")
        #expect(!connection.isLost)
        #expect(try connection.runAll("SELECT 1").count == 1)
    }

    @Test("of several servers one that takes writes is asked for; a single one is taken as it is")
    func hosts() {
        for (url, isChoice) in [
            ("postgresql://a,b/d", true), ("host=a,b dbname=d", true), ("postgresql://a/d", false),
            ("host=/tmp", false), ("hostaddr=::1,::2", true), ("postgresql://[", false),
        ] {
            #expect(PostgresAddress(url: url, schema: "s").namesSeveralHosts == isChoice, "\(url)")
        }
    }

    @Test("where a choice of servers takes no writes, none is connected to")
    func noReplica() throws {
        let url = try TemporarySchema.url()
        let socket = try #require(url.split(separator: "host=").last?.split(separator: "&").first)
        let readOnly = "&options=-cdefault_transaction_read_only%3Don"
        let choice = "postgresql:///postgres?host=\(socket),\(socket)&user=errand\(readOnly)"
        let error = #expect(throws: JobStoreError.self) { try PostgresConnection(url: choice, schema: "s") }
        #expect(error?.code == .unavailable)
        #expect(try PostgresConnection(url: url + readOnly, schema: "s").runAll("SELECT 1").count == 1)
    }
}
#endif
