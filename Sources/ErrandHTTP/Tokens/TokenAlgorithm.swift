#if Server
import FoundationEssentials
import JWTKit

/// How a token is signed (RFC 7518, 3.1; RFC 8037); `none` is not among them.
public enum TokenAlgorithm: String, Sendable, CaseIterable {
    /// RSA with PKCS #1 v1.5.
    case rs256 = "RS256"
    /// The same with SHA-384.
    case rs384 = "RS384"
    /// The same with SHA-512.
    case rs512 = "RS512"
    /// RSA with PSS.
    case ps256 = "PS256"
    /// The same with SHA-384.
    case ps384 = "PS384"
    /// The same with SHA-512.
    case ps512 = "PS512"
    /// ECDSA over P-256.
    case es256 = "ES256"
    /// ECDSA over P-384.
    case es384 = "ES384"
    /// ECDSA over P-521.
    case es512 = "ES512"
    /// Ed25519.
    case eddsa = "EdDSA"
    /// HMAC with a secret that issuer and server share.
    case hs256 = "HS256"
    /// The same with SHA-384.
    case hs384 = "HS384"
    /// The same with SHA-512.
    case hs512 = "HS512"

    /// The bytes that a shared secret has at least (RFC 7518, 3.2); nil for public keys.
    var secretBytes: Int? {
        switch self {
        case .hs256: 32
        case .hs384: 48
        case .hs512: 64
        default: nil
        }
    }

    private var digest: DigestAlgorithm {
        switch self {
        case .rs384, .ps384, .es384, .hs384: .sha384
        case .rs512, .ps512, .es512, .hs512: .sha512
        default: .sha256
        }
    }

    /// Makes what checks signatures from the content of a file.
    ///
    /// - Throws: Whatever says that the content is no key for the algorithm.
    func verifier(_ content: Data) async throws -> any JWTAlgorithm {
        let text = String(decoding: content, as: UTF8.self)
        let isCertificate = text.contains("-----BEGIN CERTIFICATE-----")
        let keys = JWTKeyCollection()
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
            typealias Key = Insecure.RSA.PublicKey
            let key = try isCertificate ? Key(certificatePEM: text) : Key(pem: text)
            if rawValue.hasPrefix("RS") {
                await keys.add(rsa: key, digestAlgorithm: digest)
            } else {
                await keys.add(pss: key, digestAlgorithm: digest)
            }
        case .es256:
            await keys.add(ecdsa: try isCertificate ? ES256PublicKey(certificate: text) : ES256PublicKey(pem: text))
        case .es384:
            await keys.add(ecdsa: try isCertificate ? ES384PublicKey(certificate: text) : ES384PublicKey(pem: text))
        case .es512:
            await keys.add(ecdsa: try isCertificate ? ES512PublicKey(certificate: text) : ES512PublicKey(pem: text))
        case .eddsa: await keys.add(eddsa: try EdDSA.PublicKey(pem: text))
        case .hs256, .hs384, .hs512: await keys.add(hmac: HMACKey(from: content), digestAlgorithm: digest)
        }
        return try await keys.getKey()
    }
}
#endif
