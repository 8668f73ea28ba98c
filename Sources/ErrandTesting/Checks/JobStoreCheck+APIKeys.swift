import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Records of API keys; for stores that conform to ``Errand/APIKeyStore``, and not part of ``all``.
    public static let apiKeys: [JobStoreCheck] = [
        JobStoreCheck("a key is found by its prefix, whole") { test in
            let keys = try #require(test.store as? any APIKeyStore)
            var key = try await test.key("a", .tenant("t", projects: ["p", "naïve \"q\""]), [.jobsRead, .worker])
            key.expiresAt = key.createdAt + 60
            try await keys.insert(key)
            #expect(try await keys.apiKey(prefix: "a") == key)
            #expect(try await keys.apiKey(prefix: "A") == nil)
            #expect(try await keys.apiKey(id: key.id) == key)
            #expect(try await keys.apiKey(id: JobIDGenerator().next(at: key.createdAt)) == nil)
            let system = try await test.key("b", .system, [.admin])
            try await keys.insert(system)
            #expect(try await keys.apiKey(prefix: "b") == system)
            // Whether it is still good is for the caller to say.
            try await test.advance(.seconds(60))
            #expect(try await keys.apiKey(prefix: "a")?.isValid(at: test.now()) == false)
        },
        JobStoreCheck("a prefix and an id are used once") { test in
            let keys = try #require(test.store as? any APIKeyStore)
            let first = try await test.key("a", .tenant("t"), [.jobsRead])
            try await keys.insert(first)
            let samePrefix = try await test.key("a", .tenant("u"), [.admin])
            await expect(.conflict) { try await keys.insert(samePrefix) }
            var sameId = try await test.key("b", .tenant("u"), [.admin])
            sameId.id = first.id
            await expect(.conflict) { try await keys.insert(sameId) }
            #expect(try await keys.apiKeys(scope: .system) == [first])
        },
        JobStoreCheck("a list has the keys within the scope, newest first") { test in
            let keys = try #require(test.store as? any APIKeyStore)
            let scopes: [Scope] = [
                .system, .tenant("t"), .tenant("t", projects: ["p"]), .tenant("t", projects: ["p", "q"]), .tenant("u"),
            ]
            var made: [APIKey] = []
            for (index, scope) in scopes.enumerated() {
                made.append(try await test.key("k\(index)", scope, [.jobsRead]))
                try await keys.insert(made[index])
                try await test.advance(.seconds(1))
            }
            #expect(try await keys.apiKeys(scope: .system) == made.reversed())
            #expect(try await keys.apiKeys(scope: .tenant("t")) == [made[3], made[2], made[1]])
            #expect(try await keys.apiKeys(scope: .tenant("t", projects: ["p"])) == [made[2]])
            #expect(try await keys.apiKeys(scope: .tenant("v")).isEmpty)
        },
        JobStoreCheck("a key is revoked once, by somebody whose scope has it") { test in
            let keys = try #require(test.store as? any APIKeyStore)
            let key = try await test.key("a", .tenant("t"), [.jobsRead])
            try await keys.insert(key)
            for scope in [Scope.tenant("u"), .tenant("t", projects: ["p"])] {
                await expect(.notFound) { _ = try await keys.revokeAPIKey(key.id, scope: scope) }
            }
            let revoked = try await keys.revokeAPIKey(key.id, scope: .tenant("t"))
            #expect(revoked.revokedAt != nil && !revoked.isValid(at: key.createdAt))
            try await test.advance(.seconds(5))
            #expect(try await keys.revokeAPIKey(key.id, scope: .system).revokedAt == revoked.revokedAt)
            #expect(try await keys.apiKey(prefix: "a")?.revokedAt == revoked.revokedAt)
        },
        JobStoreCheck("the last use of a key is kept, and never goes back") { test in
            let keys = try #require(test.store as? any APIKeyStore)
            let key = try await test.key("a", .tenant("t"), [.jobsRead])
            try await keys.insert(key)
            let (later, sooner) = (key.createdAt + 120, key.createdAt + 60)
            for time in [later, sooner] { try await keys.noteUse(ofAPIKey: key.id, at: time) }
            #expect(try await keys.apiKey(prefix: "a")?.usedAt == later)
            let unknown = JobIDGenerator().next(at: later)
            try await keys.noteUse(ofAPIKey: unknown, at: later)
        },
        JobStoreCheck("a token is spent once, and forgotten after it would have ended") { test in
            let tokens = try #require(test.store as? any SpentTokenStore)
            let now = try await test.now()
            #expect(try await !tokens.isSpent(token: "a"))
            let firsts = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await tokens.spend(token: "a", until: now + 60) } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(firsts == 1)
            #expect(try await tokens.isSpent(token: "a"))
            #expect(try await !tokens.isSpent(token: "A"))
            try await test.advance(.seconds(61))
            #expect(try await tokens.spend(token: "b", until: now + 120))
            #expect(try await !tokens.isSpent(token: "a"))
            #expect(try await tokens.isSpent(token: "b"))
        },
    ]
}

extension JobStoreUnderTest {
    fileprivate func key(_ prefix: String, _ scope: Scope, _ scopes: Set<AccessScope>) async throws -> APIKey {
        let now = try await now()
        return APIKey(
            id: JobIDGenerator().next(at: now),
            prefix: prefix,
            sha256: "ab",
            name: "naïve key",
            scope: scope,
            scopes: scopes,
            // Stores keep milliseconds.
            createdAt: Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
        )
    }
}
