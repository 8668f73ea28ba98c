#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Synchronization

/// Sessions of browsers: a credential was shown once, and a signed cookie stands for it (decision 0023).
///
/// Nothing is kept of a session but that it was logged out.
final class BrowserSessions: Sendable {
    private struct Looked {
        var isSpent: Bool
        /// When the store is asked again, on the steady clock.
        var until: Duration
    }

    /// How long a session lasts, where its credential does not end before.
    static let lifetime: Duration = .seconds(12 * 3600)
    private static let capacity = 10_000

    private let authenticator: Authenticator
    private let options: APIOptions
    private let random: RandomSource
    private let codec: PassCodec
    private let looked = Mutex<[String: Looked]>([:])

    init(authenticator: Authenticator, options: APIOptions, random: RandomSource, secret: [UInt8]) {
        self.authenticator = authenticator
        self.options = options
        self.random = random
        codec = PassCodec(secret: secret, purpose: "session")
    }

    /// Begins a session; answers the cookie's value and when it ends.
    ///
    /// - Throws: ``Problem`` for a credential that says more than a cookie holds.
    func begin(for principal: Principal) throws(Problem) -> (cookie: String, session: BrowserSession) {
        let end = options.clock.now().wall.later(by: Self.lifetime)
        let pass = Pass(
            principal,
            id: "s_" + Base64URL.encode(Data(random.bytes(16))),
            expiresAt: min(end, principal.expiresAt ?? end)
        )
        let cookie = codec.encode(pass)
        guard cookie.utf8.count + 16 <= SessionCookie.longest else {
            throw Problem(.validation, "The token names more projects than a cookie holds; use it as a bearer.")
        }
        return (cookie, BrowserSession(id: pass.id, expiresAt: pass.expiresAt))
    }

    /// The session's cookie in a request; nil when there is none, or it came over a connection for which it is not.
    func cookie(in request: Request) throws(Problem) -> String? {
        guard options.transport != .plain || LoopbackAccess.isLocal(request) else { return nil }
        return try SessionCookie.value(in: request, options.transport)
    }

    /// Whose session a cookie holds; throws when it is over in any way.
    func open(_ cookie: String) async throws -> (Principal, BrowserSession) {
        guard let pass = codec.decode(cookie), let principal = try await bearer(of: pass),
            try await !isSpent(pass.id, now: options.clock.now().steady)
        else { throw Problem.unauthenticated("invalid_token", "The session is over; sign in again.") }
        return (principal, BrowserSession(id: pass.id, expiresAt: pass.expiresAt))
    }

    /// Ends a session for good, in every process.
    func end(_ session: BrowserSession) async throws {
        _ = try await authenticator.store.spend(token: session.id, until: session.expiresAt)
        note(session.id, Looked(isSpent: true, until: options.clock.now().steady + Self.lifetime))
    }

    /// Whether a session by which somebody was let in earlier is still open, by the store's word of now.
    func isOpen(_ session: BrowserSession) async throws -> Bool {
        guard session.expiresAt > options.clock.now().wall else { return false }
        return try await !authenticator.store.isSpent(token: session.id)
    }

    /// Whom a pass stands for, while it and the credential behind it last; nil afterwards.
    func bearer(of pass: Pass) async throws -> Principal? {
        guard pass.expiresAt > options.clock.now().wall else { return nil }
        switch pass.bearer {
        case .anyone: return options.access == .loopback ? .anyone : nil
        case .key(let id): return try await authenticator.keys.key(id).map { Principal($0) }
        case .token(let principal): return await authenticator.isCurrent(principal) ? principal : nil
        }
    }

    private func isSpent(_ id: String, now: Duration) async throws -> Bool {
        if let known = looked.withLock({ $0[id] }), known.until > now { return known.isSpent }
        let isSpent = try await authenticator.store.isSpent(token: id)
        note(id, Looked(isSpent: isSpent, until: now + options.keyLifetime))
        return isSpent
    }

    private func note(_ id: String, _ what: Looked) {
        looked.withLock { looked in
            if looked.count >= Self.capacity { looked.removeAll() }
            looked[id] = what
        }
    }
}
#endif
