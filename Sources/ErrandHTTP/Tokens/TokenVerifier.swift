#if Server
import Errand
import FoundationEssentials
public import Logging

/// Takes JSON Web Tokens as credentials: of one issuer, for one audience, signed by keys that are known.
public final class TokenVerifier: Sendable {
    let options: TokenOptions
    private let ring: TokenKeyRing
    private let logger: Logger

    /// Reads the keys.
    ///
    /// - Parameters:
    ///   - options: Whose tokens, and for whom.
    ///   - logger: Hears why tokens are refused, at debug level and without the token, and what is wrong with keys.
    /// - Throws: ``TokenKeyError`` for a file that cannot be read or is no key of its algorithm.
    public init(_ options: TokenOptions, logger: Logger) async throws(TokenKeyError) {
        var options = options
        options.leeway = min(max(options.leeway, .zero), TokenOptions.longestLeeway)
        self.options = options
        self.logger = logger
        ring = try await TokenKeyRing(options.keys, logger: logger)
    }

    /// What is wrong with keys that were passed over, in sentences without their stop.
    public var keyWarnings: [String] { ring.warnings }

    /// Who bears a token; nil when it is refused, and why is for the log alone.
    func principal(of token: String, at now: StoreTime) async -> Principal? {
        do throws(TokenFault) { return try await verified(token, at: now) } catch {
            logger.debug("a token was refused", metadata: ["reason": "\(error.reason)"])
            return nil
        }
    }

    private func verified(_ token: String, at now: StoreTime) async throws(TokenFault) -> Principal {
        let parts = try TokenParts(token)
        // The very key that is named: another one in its place would let a token choose by what it is checked.
        guard let key = await ring.keys(at: now.steady)[parts.keyId] else {
            throw TokenFault(reason: "no key has its kid")
        }
        guard key.algorithm == parts.algorithm else { throw TokenFault(reason: "its alg is not the key's") }
        guard key.signed(parts.signed, parts.signature) else { throw TokenFault(reason: "its signature is wrong") }
        return try TokenClaims(options: options, claims: parts.claims).principal(signedBy: key.mark, at: now.wall)
    }

    /// Whether the key that signed a token is still one of those that are taken.
    func holds(mark: String, at now: StoreTime) async -> Bool { await ring.keys(at: now.steady).holds(mark: mark) }
}
#endif
