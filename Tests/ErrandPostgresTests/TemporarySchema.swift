#if Postgres
import Errand
import ErrandTesting
import Foundation
import PostgresTestServer

@testable import ErrandPostgres

/// A schema of its own on the test server, dropped afterwards.
enum TemporarySchema {
    /// Tests run side by side by the hundred, and the server has room for so many connections.
    private static let gate = Gate(places: 16)

    static func with<Value>(
        clock: ManualClock = ManualClock(),
        _ body: (PostgresJobStore, ManualClock) async throws -> Value
    ) async throws -> Value {
        try await withName { name in
            let store = try await open(name, clock: clock)
            defer { store.close() }
            return try await body(store, clock)
        }
    }

    /// Opens a store with few connections.
    static func open(
        _ schema: String,
        clock: (any JobClock)?,
        connections: Int = 4
    ) async throws -> PostgresJobStore {
        let options = PostgresJobStore.Options(schema: schema, connections: connections, clock: clock)
        let store = try PostgresJobStore(url: try url(), options: options)
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
