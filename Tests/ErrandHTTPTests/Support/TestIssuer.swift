#if Server
import CryptoExtras
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import JWTKit

@testable import ErrandHTTP

/// Somebody who issues tokens: an RSA key, a key set in a file, and claims that a test bends.
final class TestIssuer: Sendable {
    /// Making one takes a while, and who has it does not matter here.
    static let rsa = Result { try JWTKit.Insecure.RSA.PrivateKey(backing: _RSA.Signing.PrivateKey(keySize: .bits2048)) }

    let folder: URL
    let privateKey: JWTKit.Insecure.RSA.PrivateKey
    var keySet: String { folder.appending(path: "jwks.json").path() }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "errand-tokens-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        privateKey = try Self.rsa.get()
        try write("jwks.json", "{\"keys\":[\(jwk(kid: "one"))]}")
    }

    // A temporary folder that cannot be removed is the system's to clear.
    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Writes a file into the issuer's folder and answers its path.
    @discardableResult
    func write(_ name: String, _ content: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(content.utf8).write(to: url)
        return url.path()
    }

    /// The public key as a member of a key set.
    func jwk(kid: String, alg: String? = "RS256", extra: String = "") throws -> String {
        let (modulus, exponent) = try privateKey.publicKey.getKeyPrimitives()
        let (n, e) = (Base64URL.encode(modulus), Base64URL.encode(exponent))
        let algorithm = alg.map { ",\"alg\":\"\($0)\"" } ?? ""
        return "{\"kty\":\"RSA\",\"kid\":\"\(kid)\",\"n\":\"\(n)\",\"e\":\"\(e)\"\(algorithm)\(extra)}"
    }

    /// An API that takes this issuer's tokens.
    func api(
        keys: TokenOptions.Keys? = nil,
        log: RecordedLog = RecordedLog(),
        configure: (inout APIOptions) -> Void = { _ in }
    ) async throws -> TestAPI {
        let options = TokenOptions(issuer: "https://issuer", audience: "errand", keys: keys ?? .set(path: keySet))
        let verifier = try await TokenVerifier(options, logger: log.logger)
        return TestAPI.withKeys { options in
            options.tokens = verifier
            configure(&options)
        }
    }

    /// Claims that are let in, with some of them others, in JSON; nil leaves one out.
    static func claims(_ api: TestAPI, _ changes: [String: String?] = [:]) -> String {
        let now = Int(api.clock.now().wall.timeIntervalSince1970)
        var claims: [String: String?] = [
            "iss": "\"https://issuer\"", "aud": "\"errand\"", "sub": "\"user-1\"", "name": "\"Ann\"",
            "exp": "\(now + 600)", "nbf": "\(now)", "tenant": "\"a\"", "scope": "\"openid jobs:read jobs:write\"",
        ]
        claims.merge(changes) { $1 }
        let members = claims.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
        return "{\(members.sorted().joined(separator: ","))}"
    }

    /// A token of this issuer.
    func token(
        _ api: TestAPI,
        _ changes: [String: String?] = [:],
        header: String = #"{"alg":"RS256","typ":"JWT","kid":"one"}"#
    ) async throws -> String {
        let keys = await JWTKeyCollection().add(rsa: privateKey, digestAlgorithm: .sha256)
        return try await Self.sign(header, Self.claims(api, changes), keys.getKey())
    }

    /// Puts a token together; nothing about it is checked.
    static func sign(_ header: String, _ claims: String, _ key: (any JWTAlgorithm)?) throws -> String {
        let content = Base64URL.encode(Data(header.utf8)) + "." + Base64URL.encode(Data(claims.utf8))
        let signature = try key.map { try $0.sign(Data(content.utf8)) } ?? []
        return content + "." + Base64URL.encode(Data(signature))
    }
}

extension HTTPFields {
    /// The header that shows a credential.
    static func bearer(_ text: String) -> HTTPFields { [.authorization: "Bearer \(text)"] }
}
#endif
