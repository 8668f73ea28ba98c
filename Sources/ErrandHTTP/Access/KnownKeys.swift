#if Server
import Errand
import FoundationEssentials
import Logging
import Synchronization

/// The API keys that were used here, so that the store is not asked for them at every request.
final class KnownKeys: Sendable {
    private struct Known {
        var key: APIKey
        /// Until when the store need not be asked, on the steady clock.
        var until: Duration
        /// As far as it was noted.
        var lastUse: Date?
    }

    private struct State {
        var byPrefix: [Name: Known] = [:]
        var prefixes: [JobID: Name] = [:]
    }

    /// More keys in use at a time than any installation has.
    private static let capacity = 10_000
    /// How exactly the last use of a key is kept, in seconds.
    private static let useInterval = 60.0

    private let store: any APIKeyStore
    private let clock: any JobClock
    /// For how long a key that was revoked by another process may go on.
    private let lifetime: Duration
    private let logger: Logger
    private let state = Mutex(State())

    init(store: any APIKeyStore, clock: any JobClock, lifetime: Duration, logger: Logger) {
        self.store = store
        self.clock = clock
        self.lifetime = lifetime
        self.logger = logger
    }

    /// The valid key that a secret belongs to.
    func key(of secret: KeySecret) async throws -> APIKey? {
        let known = state.withLock { $0.byPrefix[Name(secret.prefix)] }
        // Before anything is noted: what only begins like a key's secret is no use of the key.
        if let known, !secret.belongs(to: known.key) { return nil }
        return try await valid(known) { [store] in
            guard let key = try await store.apiKey(prefix: secret.prefix), secret.belongs(to: key) else { return nil }
            return key
        }
    }

    /// A valid key by its identifier.
    func key(_ id: JobID) async throws -> APIKey? {
        let known = state.withLock { state in state.prefixes[id].flatMap { state.byPrefix[$0] } }
        return try await valid(known) { [store] in try await store.apiKey(id: id) }
    }

    /// Whether a secret was right when it was last looked at, so that it is no guess.
    func wasRight(_ secret: KeySecret) -> Bool {
        state.withLock { $0.byPrefix[Name(secret.prefix)] }.map { secret.belongs(to: $0.key) } ?? false
    }

    /// Forgets a key, so that the store is asked at its next use.
    func forget(_ key: APIKey) { state.withLock { $0.byPrefix[Name(key.prefix)] = nil } }

    /// The key as it is known, or as the store has it now, where it is valid; its use is noted.
    private func valid(_ known: Known?, _ find: () async throws -> APIKey?) async throws -> APIKey? {
        let now = clock.now()
        let remembered = known.flatMap { $0.until > now.steady ? $0 : nil }
        guard let key = if let remembered { remembered.key } else { try await find() }, key.isValid(at: now.wall)
        else { return nil }
        let lastUse = remembered?.lastUse ?? key.usedAt
        let isNews = lastUse.map { now.wall.timeIntervalSince($0) >= Self.useInterval } ?? true
        if remembered == nil || isNews {
            let until = remembered?.until ?? now.steady + lifetime
            remember(Known(key: key, until: until, lastUse: isNews ? now.wall : lastUse))
        }
        if isNews { await noteUse(of: key, at: now.wall) }
        return key
    }

    private func remember(_ known: Known) {
        state.withLock { state in
            if state.byPrefix.count >= Self.capacity { state = State() }
            state.byPrefix[Name(known.key.prefix)] = known
            state.prefixes[known.key.id] = Name(known.key.prefix)
        }
    }

    private func noteUse(of key: APIKey, at time: Date) async {
        do { try await store.noteUse(ofAPIKey: key.id, at: time) } catch {
            logger.warning("Cannot note the use of an API key: \(error)", metadata: ["key_id": "\(key.id)"])
        }
    }
}
#endif
