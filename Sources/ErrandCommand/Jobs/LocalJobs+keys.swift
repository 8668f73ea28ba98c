#if Server
import Errand
import ErrandHTTP
import FoundationEssentials

// Whoever can open the store needs no key to make one.
extension LocalJobs {
    func keys() async throws -> [Document] {
        try await installation.store.apiKeys(scope: .system).map { try Document(WireJSON.key($0)) }
    }

    func createKey(_ body: JSONText) async throws -> Document {
        let (key, document) = try WireJSON.newKey(from: body, now: Date())
        try await installation.store.insert(key)
        return try Document(document)
    }

    func revokeKey(_ id: JobID) async throws {
        _ = try await installation.store.revokeAPIKey(id, scope: .system)
    }
}
#endif
