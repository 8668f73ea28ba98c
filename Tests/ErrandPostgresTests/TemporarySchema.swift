#if Postgres
import Errand
import ErrandTesting
import Foundation
import PostgresTestServer

@testable import ErrandPostgres

/// How a test's stores get to the test server.
enum TestAccess: String, CaseIterable {
    case direct
    /// Through PgBouncer in transaction mode; changes are heard of on the server itself.
    case pooled

    /// The URL that a store is given.
    func url() throws -> String {
        switch self {
        case .direct: try TemporarySchema.url()
        // Where `Scripts/postgres-test-server` has put it.
        case .pooled: try TemporarySchema.url() + "&port=6432"
        }
    }

    func options(_ schema: String) throws -> PostgresJobStore.Options {
        var options = PostgresJobStore.Options(schema: schema, connections: 4)
        // Hundreds of tests share two cores: a slow answer is no silence there.
        options.listening.patience = .seconds(300)
        guard self == .pooled else { return options }
        options.pooler = .transaction
        options.listenURL = try TemporarySchema.url()
        return options
    }
}

/// A schema of its own on the test server, dropped afterwards.
enum TemporarySchema {
    /// Tests run side by side by the hundred, and the server has room for so many connections.
    private static let gate = Gate(places: 16)

    static func with<Value>(
        clock: ManualClock = ManualClock(),
        access: TestAccess = .direct,
        _ body: (PostgresJobStore, ManualClock) async throws -> Value
    ) async throws -> Value {
        try await withName { name in
            let store = try await open(name, clock: clock, access: access)
            defer { store.close() }
            return try await body(store, clock)
        }
    }

    /// Opens a store with few connections.
    static func open(
        _ schema: String,
        clock: (any JobClock)?,
        connections: Int = 4,
        access: TestAccess = .direct,
        through proxy: FaultyProxy? = nil,
        _ change: (inout PostgresJobStore.Options) throws -> Void = { _ in }
    ) async throws -> PostgresJobStore {
        var options = try access.options(schema)
        (options.connections, options.clock) = (connections, clock)
        try change(&options)
        let store = try PostgresJobStore(url: proxy?.url ?? access.url(), options: options)
        try await store.migrate()
        return store
    }

    static func withName<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        await gate.enter()
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let result: Result<Value, any Error>
        do {
            _ = try url()
            result = .success(try await body(name))
        } catch {
            result = .failure(error)
        }
        await gate.leave()
        try drop(name, on: url())
        return try result.get()
    }

    /// A database of its own, which counts its own deadlocks and looks for them in no time.
    static func withDatabase<Value>(
        deadlockTimeout: String = "5ms",
        _ body: (_ name: String, _ url: String) async throws -> Value
    ) async throws -> Value {
        await gate.enter()
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let result: Result<Value, any Error>
        do {
            let admin = try PostgresConnection(url: url(), schema: "admin")
            try admin.runAll("CREATE DATABASE \(name)")
            try admin.runAll("ALTER DATABASE \(name) SET deadlock_timeout = '\(deadlockTimeout)'")
            // What comes last counts, also where the URL names a database.
            let own = try url() + (url().contains("?") ? "&" : "?") + "dbname=\(name)"
            result = .success(try await body(name, own))
        } catch {
            result = .failure(error)
        }
        await gate.leave()
        let admin = try PostgresConnection(url: url(), schema: "admin")
        try admin.runAll("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        return try result.get()
    }

    static func drop(_ schema: String, on url: String) throws {
        let connection = try PostgresConnection(url: url, schema: schema)
        try connection.runAll("DROP SCHEMA IF EXISTS \(connection.schema) CASCADE")
    }

    static func url() throws -> String { try PostgresTestServer.sharedURL() }
}

/// Lets so many in at once.
private actor Gate {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { self.places = places }

    func enter() async {
        guard places == 0 else { return places -= 1 }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }
}
#endif
