#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging

/// Finds out whose credential a request shows: an API key or, where they are taken, a JSON Web Token.
struct Authenticator: Sendable {
    let keys: KnownKeys
    let tokens: TokenVerifier?
    let failures: FailedAttempts
    let store: any APIKeyStore
    let clock: any JobClock
    let logger: Logger

    init(keys: any APIKeyStore, options: APIOptions, logger: Logger) {
        self.keys = KnownKeys(store: keys, clock: options.clock, lifetime: options.keyLifetime, logger: logger)
        tokens = options.tokens
        failures = FailedAttempts(limit: .init(count: options.maximumWrongCredentials))
        store = keys
        clock = options.clock
        self.logger = logger
    }

    /// Whether a request shows something that could be meant for this server.
    func isAddressed(by request: Request) -> Bool {
        if KeySecret.isIn(request) { return true }
        return tokens != nil && request.headers[.authorization]?.lowercased().hasPrefix("bearer ") ?? false
    }

    /// Who a request comes from, by `Authorization: Bearer` (RFC 6750).
    ///
    /// - Throws: ``Problem`` `unauthenticated`, which never says whether a key exists, was revoked or has expired;
    ///   `quota-exceeded` where too many wrong ones came from the address.
    func principal(of request: Request, from address: String) async throws -> Principal {
        let fields = request.headers[values: .authorization]
        guard let field = fields.first else { throw Problem.unauthenticated(nil, missing) }
        guard fields.count == 1 else {
            throw Problem.unauthenticated("invalid_request", "There is more than one Authorization.")
        }
        let parts = field.split(separator: " ", maxSplits: 1).map { $0.trimmingWhitespace() }
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem.unauthenticated("invalid_request", "Authorization must be Bearer and a credential.")
        }
        return try await principal(bearing: parts[1], from: address)
    }

    /// Whose a key or a token is.
    func principal(bearing text: String, from address: String) async throws -> Principal {
        let now = clock.now()
        if let secret = KeySecret(text) {
            // Whether a secret is right that nobody used here before is not told to those who guess.
            if let wait = failures.wait(for: address, at: now.steady), !keys.wasRight(secret) {
                throw Problem.tooManyAttempts(wait)
            }
            if let key = try await keys.key(of: secret) { return Principal(key) }
        } else if let principal = await tokens?.principal(of: text, at: now) {
            return principal
        }
        throw refusal(of: address, at: now.steady)
    }

    /// Whether the credential of somebody who was let in earlier is still good, by the store's word of now.
    func isValid(_ principal: Principal) async throws -> Bool {
        guard case .key(let id) = principal.credential else { return await isCurrent(principal) }
        return try await store.apiKey(id: id)?.isValid(at: clock.now().wall) ?? false
    }

    /// Whether a token that was good before is: its time, and its key, which may have been taken away.
    func isCurrent(_ principal: Principal) async -> Bool {
        guard case .token(_, let mark) = principal.credential else { return true }
        let now = clock.now()
        guard let tokens, let end = principal.expiresAt else { return false }
        guard end.later(by: tokens.options.leeway) > now.wall else { return false }
        return await tokens.holds(mark: mark, at: now)
    }

    private var missing: String {
        "Send Authorization: Bearer and an API key" + (tokens == nil ? "." : " or a token.")
    }

    private func refusal(of address: String, at now: Duration) -> Problem {
        // What comes although it should wait makes the wait no longer: it costs little, and may be a mistake.
        if let wait = failures.wait(for: address, at: now) { return .tooManyAttempts(wait) }
        if failures.note(address, at: now) {
            logger.notice("too many wrong credentials from one address", metadata: ["address": "\(address)"])
        }
        return .unauthenticated("invalid_token", "The credential is not valid (any more).")
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

    /// A wrong credential, or one that was never used here, after too many wrong ones.
    static func tooManyAttempts(_ wait: Duration) -> Problem {
        var problem = Problem(.quotaExceeded, "Too many wrong credentials came from this address; try again later.")
        problem.headers[.retryAfter] = String(Int(saturating: wait.seconds.rounded(.up)))
        return problem
    }
}
#endif
