#if Postgres
import Errand
import Testing

@testable import ErrandPostgres

/// What a server answers to a statement says nothing of the commit, which comes after all of them.
@Suite(.timeLimit(.minutes(5)))
struct LateFailureTests {
    private static let twice = [
        PostgresStatement("INSERT INTO pg_temp.late VALUES (1)"),
        PostgresStatement("INSERT INTO pg_temp.late VALUES (1)"),
    ]

    /// A connection with a table whose unique constraint is looked at when a transaction commits.
    private static func connection() throws -> PostgresConnection {
        let connection = try PostgresConnection(url: TemporarySchema.url(), schema: "late")
        try connection.runAll("CREATE TEMP TABLE late (number int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        return connection
    }

    @Test("a commit that fails after every statement was answered fails all of them")
    func pipeline() throws {
        let connection = try Self.connection()
        let error = #expect(throws: JobStoreError.self) { try connection.run(all: Self.twice) }
        #expect(error?.postgres?.sqlState == "23505")
        #expect(!connection.isLost)
        let answers = try connection.run(all: [Self.twice[0], PostgresStatement("SELECT 1")])
        #expect(answers.count == 2)
    }

    @Test("a commit of one statement that fails after its rows were answered fails it")
    func single() throws {
        let connection = try Self.connection()
        let both = "INSERT INTO pg_temp.late VALUES (1), (1) RETURNING number"
        let error = #expect(throws: JobStoreError.self) { try connection.run(both) }
        #expect(error?.postgres?.sqlState == "23505")
        #expect(try connection.run("SELECT number FROM pg_temp.late").count == 0)
    }

    @Test("a connection that ends before the commit is told has done nothing, whatever was answered by then")
    func ended() throws {
        let proxy = try FaultyProxy(to: TemporarySchema.url())
        defer { proxy.close() }
        let statement = PostgresStatement("SELECT 'cut here'")
        for statements in [[statement, PostgresStatement("SELECT 1")], [statement]] {
            let connection = try PostgresConnection(url: proxy.url, schema: "late")
            // Prepared by then, so that the answer that is cut is the one with the rows.
            try connection.run(statement.text)
            proxy.cut(at: connection.name(of: statement.text), .beforeReady)
            let error = #expect(throws: JobStoreError.self) { try connection.run(all: statements) }
            #expect(error?.postgres?.isConnectionLost == true && connection.isLost)
        }
        #expect(proxy.cuts == 2)
    }
}
#endif
