#if Server
import Foundation
#if Postgres
import PostgresTestServer

@testable import ErrandPostgres
#endif

/// A store that the command is driven on; what must be the same on all of them is tested on all of them.
enum TestedStore: String, CaseIterable, Sendable {
    case sqlite
    #if Postgres
    case postgres
    #endif
}

#if Postgres
/// A schema of a test's own, on the server that all tests share or on one of the test's own; dropped with it.
final class Schema: Sendable {
    let name = "command_" + UUID().uuidString.lowercased().replacing("-", with: "")
    let server: String

    init(on server: String? = nil) throws { self.server = try server ?? PostgresTestServer.sharedURL() }

    /// The store as a setting.
    var url: String { server + (server.contains("?") ? "&" : "?") + "schema=\(name)" }

    func connect() throws -> PostgresConnection { try PostgresConnection(url: server, schema: name) }

    deinit {
        // A server that is gone by now has taken the schema with it.
        _ = try? connect().runAll("DROP SCHEMA IF EXISTS \(name) CASCADE")
    }
}
#endif
#endif
