#if Postgres
import Errand
import ErrandPostgres
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PostgresURLTests {
    @Test("Errand's own items are taken out, and all others reach libpq as they were written")
    func items() throws {
        let url = try PostgresURL(
            "postgresql://ann:p%40ss@db1:5433,db2/shop?sslmode=require&schema=jobs&connections=12&pooler=transaction"
                + "&options=-c%20lock_timeout%3D5s"
                + "&listenURL=postgres%3A%2F%2Fann%40db1%3A5432%2Fshop%3Fsslmode%3Drequire"
        )
        #expect(
            url.connection
                == "postgresql://ann:p%40ss@db1:5433,db2/shop?sslmode=require&options=-c%20lock_timeout%3D5s"
        )
        #expect(url.options.schema == "jobs")
        #expect(url.options.connections == 12)
        #expect(url.options.pooler == .transaction)
        #expect(url.options.listenURL == "postgres://ann@db1:5432/shop?sslmode=require")
    }

    @Test(
        "what the URL does not say is as usual",
        arguments: ["postgres://", "postgres:///db?host=/tmp", "postgres://h/d?"]
    )
    func defaults(text: String) throws {
        let url = try PostgresURL(text)
        let usual = PostgresJobStore.Options()
        #expect(url.options.schema == usual.schema && url.options.connections == usual.connections)
        #expect(url.options.pooler == .none && url.options.listenURL == nil)
        #expect(!url.hasPassword)
    }

    /// A URL with a secret in it, and what may be shown of it.
    static let secrets: [(url: String, shown: String)] = [
        ("postgres://ann:s3cret@h/d", "postgres://ann@h/d"),
        ("postgres://ann:s3cret?x@h/d?schema=a", "postgres://ann@h/d?schema=a"),
        ("postgres:///d?user=ann&password=s3cret", "postgres:///d?user=ann"),
        ("postgres://h/d?sslpassword=s3cret&sslmode=require", "postgres://h/d?sslmode=require"),
        ("postgres://h/d?listenURL=postgres%3A%2F%2Fann%3As3cret%40h%2Fd", "postgres://h/d"),
        ("postgres://h/d?options=-c%20my.secret%3Ds3cret", "postgres://h/d"),
    ]

    @Test("no password is in what is shown of a URL", arguments: secrets)
    func shown(url: String, shown: String) throws {
        #expect(try PostgresURL(url).description == shown)
    }

    @Test("a password is noticed")
    func passwords() throws {
        #expect(try PostgresURL("postgres://ann:s3cret@h/d").hasPassword)
        #expect(try PostgresURL("postgres://h/d?user=ann&password=s3cret").hasPassword)
        #expect(try !PostgresURL("postgres://ann@h:5432/d").hasPassword)
    }

    /// A URL that cannot be used, and what its refusal must say.
    static let wrong: [(url: String, words: String)] = [
        ("mysql://ann:s3cret@h/d", "does not start with postgres://"),
        ("postgres://ann:s3c@ret@h/d", "write @ as %40"),
        ("postgres://ann:s3c/ret@h/d", "write @ as %40"),
        ("postgres://ann:s3cret%@h/d", "write % as %25"),
        ("postgres://ann:s3cret%zz@h/d", "write % as %25"),
        ("postgres://ann:s3cret%00@h/d", "write % as %25"),
        ("postgres://ann@h/d?s3cret", "NAME=VALUE"),
        ("postgres://ann:s3cret@h/d?poler=none", "invalid URI query parameter: \"poler\""),
        ("postgres://ann:s3cret@h/d?schema=a&schema=b", "schema is given twice"),
        ("postgres://ann:s3cret@h/d?schema=A", "\"A\" cannot be a schema's name"),
        ("postgres://ann:s3cret@h/d?schema=", "\"\" cannot be a schema's name"),
        ("postgres://ann:s3cret@h/d?schema=%ff", "not UTF-8"),
        ("postgres://ann:s3cret@h/d?connections=0", "a number from 1 to 1000"),
        ("postgres://ann:s3cret@h/d?pooler=session", "none or transaction"),
        ("postgres://h/d?listenURL=h2", "does not start with postgres://"),
        ("postgres://h/d?listenURL=postgres://ann:s3cret@h%3Fschema%3Da", "the store's own URL says them"),
    ]

    @Test("a URL that cannot be used is refused with the reason and without the password", arguments: wrong)
    func refusals(url: String, words: String) {
        let error = #expect(throws: JobStoreError.self) { try PostgresURL(url) }
        #expect(error?.code == .invalid)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("s3c") == false)
    }

    @Test("a store made from a URL works in the schema it names")
    func store() async throws {
        try await TemporarySchema.withName { name in
            let base = try TemporarySchema.url()
            let url = try PostgresURL(base + (base.contains("?") ? "&" : "?") + "schema=\(name)&connections=2")
            let store = try PostgresJobStore(url)
            defer { store.close() }
            #expect(try await store.migrations().allSatisfy { !$0.isApplied })
            try await store.migrate()
            #expect(try await store.migrations().allSatisfy { $0.isApplied && $0.sql.contains("\"\(name)\".") })
            #expect(try await store.insert([NewJob(type: "work")], scope: .default).count == 1)
        }
    }
}
#endif
