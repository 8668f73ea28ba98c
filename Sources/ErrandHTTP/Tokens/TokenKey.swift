#if Server
import Crypto
import FoundationEssentials
import JWTKit

/// A key that signs tokens, and the one algorithm it does so by.
///
/// jwt-kit would take the algorithm of a key that names none from the token, and the first key for a `kid` that it does
/// not know. Therefore it only checks signatures here; which key and which algorithm is decided by ``TokenKeyRing``.
struct TokenKey: Sendable {
    /// What tokens call it; nil for the key of those that name none.
    let id: String?
    let algorithm: TokenAlgorithm
    /// Tells it from every other key, one that has its name later included.
    let mark: String
    private let verifier: any JWTAlgorithm

    /// Reads a key from a file of its own.
    init(_ file: TokenOptions.KeyFile) async throws(TokenKeyError) {
        (id, algorithm) = (file.id, file.algorithm)
        var content = try Self.read(file.path)
        if let least = algorithm.secretBytes { try Self.checkSecret(&content, least, file) }
        mark = Self.mark([algorithm.rawValue, content.base64EncodedString()])
        do { verifier = try await algorithm.verifier(content) } catch {
            throw TokenKeyError(
                path: file.path,
                problem: "is no key for \(file.algorithm.rawValue); expected a public key or a certificate in PEM "
                    + "(RSA of 2048 bits or more for RS and PS, P-256, P-384 or P-521 for ES, Ed25519 for EdDSA)"
            )
        }
    }

    /// Reads a member of a JSON Web Key Set; throws what is wrong with it, in words that follow its name.
    init(jwk: JWK) async throws(Unusable) {
        guard let id = jwk.keyIdentifier?.string, !id.isEmpty else { throw Unusable(reason: "has no kid") }
        guard let name = jwk.algorithm?.rawValue else { throw Unusable(reason: "has no alg") }
        guard let algorithm = TokenAlgorithm(rawValue: name) else {
            throw Unusable(reason: "is for \(name.quotable), which signs no tokens")
        }
        guard jwk.privateExponent == nil else {
            throw Unusable(reason: "is a private key, which belongs to its issuer")
        }
        do {
            let keys = try await JWTKeyCollection().add(jwk: jwk)
            // Without an algorithm of the token's: it is the key's own or none.
            verifier = try await keys.getKey(for: JWKIdentifier(string: id), alg: nil)
        } catch {
            throw Unusable(reason: "is no key for \(name)")
        }
        (self.id, self.algorithm) = (id, algorithm)
        mark = Self.mark([name] + [jwk.modulus, jwk.exponent, jwk.x, jwk.y].map { $0 ?? "" })
    }

    private static func mark(_ words: [String]) -> String {
        Base64URL.encode(Data(SHA256.hash(data: Data(words.joined(separator: " ").utf8)).prefix(12)))
    }

    /// Why a member of a key set is passed over.
    struct Unusable: Error {
        let reason: String
    }

    /// Whether it signed these bytes; what cannot be a signature was not made by it.
    func signed(_ bytes: Data, _ signature: Data) -> Bool {
        do { return try verifier.verify(signature, signs: bytes) } catch { return false }
    }

    static func read(_ path: String) throws(TokenKeyError) -> Data {
        do { return try Data(contentsOf: URL(filePath: path)) } catch {
            throw TokenKeyError(path: path, problem: "cannot be read: there is no such file, or it may not be opened")
        }
    }

    /// Takes the line break off that an editor leaves, and refuses what is no secret.
    private static func checkSecret(
        _ content: inout Data,
        _ least: Int,
        _ file: TokenOptions.KeyFile
    ) throws(TokenKeyError) {
        while let last = content.last, last == 10 || last == 13 { content.removeLast() }
        // A public key is no secret: whoever reads it could sign with it.
        guard content.firstRange(of: Data("-----BEGIN".utf8)) == nil else {
            throw TokenKeyError(
                path: file.path,
                problem: "holds a key in PEM, which is no secret for \(file.algorithm.rawValue)"
            )
        }
        guard content.count >= least else {
            throw TokenKeyError(
                path: file.path,
                problem: "has \(content.count) bytes; a secret for \(file.algorithm.rawValue) has at least \(least)"
            )
        }
    }
}
#endif
