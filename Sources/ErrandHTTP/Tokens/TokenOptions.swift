#if Server
/// Which JSON Web Tokens are taken as credentials beside API keys (RFC 7519, with the advice of RFC 8725).
public struct TokenOptions: Sendable {
    /// The longest leeway that makes sense between clocks that somebody sets.
    public static let longestLeeway: Duration = .seconds(60)

    /// What the claim `iss` must be.
    public var issuer: String
    /// What the claim `aud` must be, or have among others.
    public var audience: String
    /// Where the keys are by which tokens are checked.
    public var keys: Keys
    /// The claim that names the tenant; a token without it is refused.
    public var tenantClaim = "tenant"
    /// The claim that lists the scopes, as words in a text or as an array; names that are not Errand's are passed over.
    public var scopesClaim = "scope"
    /// The claim that lists the projects to which a token is limited; without it the token is for the whole tenant.
    public var projectsClaim = "projects"
    /// How far the issuer's clock may be from this one, 0 to 60 seconds.
    public var leeway: Duration = .seconds(30)

    /// Names who issues tokens and for whom, and how their signatures are checked.
    public init(issuer: String, audience: String, keys: Keys) {
        self.issuer = issuer
        self.audience = audience
        self.keys = keys
    }

    /// Where keys are.
    public enum Keys: Sendable {
        /// Each in a file of its own.
        case files([KeyFile])
        /// A JSON Web Key Set (RFC 7517) in a file.
        case set(path: String)
    }

    /// A key in a file.
    public struct KeyFile: Sendable {
        /// A public key or a certificate in PEM; for `HS256` and its kin the secret's bytes.
        public var path: String
        /// The one algorithm that the key is for.
        public var algorithm: TokenAlgorithm
        /// What tokens call it (`kid`); nil for the key of tokens that name none.
        public var id: String?

        /// Names a key.
        public init(path: String, algorithm: TokenAlgorithm, id: String? = nil) {
            self.path = path
            self.algorithm = algorithm
            self.id = id
        }
    }
}

/// Why the keys of tokens cannot be used.
public struct TokenKeyError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it, and what would be right.
    public let problem: String

    /// Both in a sentence.
    public var description: String { "\(path) \(problem)" }
}
#endif
