#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes

@testable import ErrandHTTP

extension TestAPI {
    /// An API that asks for keys.
    static func withKeys(configure: (inout APIOptions) -> Void = { _ in }) -> TestAPI {
        TestAPI { options in
            options.access = .keys
            configure(&options)
        }
    }

    /// Makes a key and answers the header that shows it.
    func key(
        _ scopes: Set<AccessScope>,
        for scope: Scope = .default,
        expiresAt: Date? = nil
    ) async throws -> (key: APIKey, header: HTTPFields) {
        var random = SystemRandomNumberGenerator()
        let now = clock.now().wall
        let secret = KeySecret(random: &random)
        let key = APIKey(
            id: JobIDGenerator().next(at: now),
            prefix: secret.prefix,
            sha256: secret.sha256,
            name: "test",
            scope: scope,
            scopes: scopes,
            createdAt: now,
            expiresAt: expiresAt
        )
        try await memory.insert(key)
        return (key, [.authorization: "Bearer \(secret.text)"])
    }

    func header(_ scopes: Set<AccessScope>, for scope: Scope = .default) async throws -> HTTPFields {
        try await key(scopes, for: scope).header
    }
}
#endif
