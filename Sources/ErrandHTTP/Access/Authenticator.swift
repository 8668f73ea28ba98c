#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Finds out who asks, by `Authorization: Bearer` (RFC 6750).
final class Authenticator: Sendable {
    private struct Known {
        var key: APIKey
        var until: Duration
        /// As far as it was noted.
        var lastUse: Date?
    }

    /// More keys in use at a time than any installation has.
    private static let capacity = 10_000
    /// How exactly the last use of a key is kept, in seconds.
    private static let useInterval = 60.0

    private let keys: any APIKeyStore
    private let clock: any JobClock
    /// For how long a key that was revoked by another process may go on.
    private let lifetime: Duration
    private let logger: Logger
    private let known = Mutex<[String: Known]>([:])

    init(keys: any APIKeyStore, clock: any JobClock, lifetime: Duration, logger: Logger) {
        self.keys = keys
        self.clock = clock
        self.lifetime = lifetime
        self.logger = logger
    }

    /// Who a request comes from.
    ///
    /// - Throws: ``Problem`` `unauthenticated`; it never says whether a key exists, was revoked or has expired.
    func principal(of request: Request) async throws -> Principal {
        let fields = request.headers[values: .authorization]
        guard let field = fields.first else {
            throw Problem.unauthenticated(nil, "Send Authorization: Bearer and an API key.")
        }
        guard fields.count == 1 else {
            throw Problem.unauthenticated("invalid_request", "There is more than one Authorization.")
        }
        let parts = field.split(separator: " ", maxSplits: 1).map { $0.trimmingWhitespace() }
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem.unauthenticated("invalid_request", "Authorization must be Bearer and an API key.")
        }
        guard let secret = KeySecret(parts[1]), let key = try await key(of: secret) else {
            throw Problem.unauthenticated("invalid_token", "The API key is not valid (any more).")
        }
        return Principal(key)
    }

    /// Whether the credential of somebody who was let in earlier is still good.
    func isValid(_ principal: Principal) async throws -> Bool {
        guard case .key(let id) = principal.credential else { return true }
        let found = try await keys.apiKeys(scope: principal.scope).first { $0.id == id }
        return found?.isValid(at: clock.now().wall) ?? false
    }

    /// Forgets a key, so that the store is asked at its next use.
    func forget(_ key: APIKey) { known.withLock { $0[key.prefix] = nil } }

    private func key(of secret: KeySecret) async throws -> APIKey? {
        let now = clock.now()
        let remembered = known.withLock { $0[secret.prefix] }.flatMap { $0.until > now.steady ? $0 : nil }
        guard let key = if let remembered { remembered.key } else { try await keys.apiKey(prefix: secret.prefix) },
            secret.belongs(to: key), key.isValid(at: now.wall)
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

    private func remember(_ key: Known) {
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[key.key.prefix] = key
        }
    }

    private func noteUse(of key: APIKey, at time: Date) async {
        do { try await keys.noteUse(ofAPIKey: key.id, at: time) } catch {
            logger.warning("Cannot note the use of an API key: \(error)", metadata: ["key_id": "\(key.id)"])
        }
    }
}

extension Problem {
    /// A request without a valid credential; the code is one of RFC 6750, 3.1, and nil where none was sent.
    static func unauthenticated(_ code: String?, _ detail: String) -> Problem {
        var problem = Problem(.unauthenticated, detail)
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"errand\"" + (code.map { ", error=\"\($0)\"" } ?? "")
        return problem
    }

    /// A request whose credential does not allow it.
    static func lacking(_ scope: AccessScope) -> Problem {
        var problem = Problem(.forbidden, "The credential does not allow \(scope.rawValue).")
        problem.headers[.wwwAuthenticate] =
            "Bearer realm=\"errand\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
        return problem
    }
}
#endif
