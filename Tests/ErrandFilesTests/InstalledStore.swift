#if Files
import Errand
#if Postgres
@testable import ErrandPostgres
#endif
import ErrandSQLite
import Foundation
import PostgresTestServer

/// The stores that an installation may have.
enum InstalledStore: CaseIterable {
    case sqlite
    #if Postgres
    case postgres
    #endif

    /// Lends an empty one; it is gone afterwards.
    func with(_ body: (any JobStore & UploadStore & DatasetStore) async throws -> Void) async throws {
        switch self {
        case .sqlite:
            let folder = try TemporaryFolder()
            let store = try await SQLiteJobStore(path: "\(folder.path)/jobs.db")
            defer { store.close() }
            try await body(store)
        #if Postgres
        case .postgres: try await Self.withPostgres(body)
        #endif
        }
    }

    #if Postgres
    private static func withPostgres(_ body: (PostgresJobStore) async throws -> Void) async throws {
        let url = try PostgresTestServer.sharedURL()
        let schema = "test_files_" + UUID().uuidString.lowercased().replacing("-", with: "").prefix(24)
        let store = try PostgresJobStore(url: url, options: .init(schema: schema, connections: 4))
        let result: Result<Void, any Error>
        do {
            try await store.migrate()
            result = .success(try await body(store))
        } catch {
            result = .failure(error)
        }
        store.close()
        try PostgresConnection(url: url, schema: schema).runAll("DROP SCHEMA IF EXISTS \(schema) CASCADE")
        try result.get()
    }
    #endif
}
#endif
