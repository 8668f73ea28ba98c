#if Server
import Crypto
public import Foundation
import SwiftASN1
// Comes with jwt-kit, which reads certificates by it.
import X509

/// A certificate for this machine that vouches for itself, and its key, both in PEM.
public struct TestCertificate: Sendable {
    /// The certificate.
    public let certificate: String
    /// The private key.
    public let key: String

    /// Makes one that is valid for an hour, under a name of its own.
    public init(_ name: String = "errand", for hosts: [String] = ["localhost"]) throws {
        let secret = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        let made = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(secret.publicKey),
            notValidBefore: Date() - 3600,
            notValidAfter: Date() + 3600,
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames(
                    hosts.map { .dnsName($0) } + [.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))]
                )
            },
            issuerPrivateKey: .init(secret)
        )
        certificate = try made.serializeAsPEM().pemString
        key = secret.pemRepresentation
    }

    /// Writes both into a folder, as `chain.pem` and `key.pem`.
    public func write(to folder: URL) throws {
        try Data(certificate.utf8).write(to: folder.appending(path: "chain.pem"))
        try Data(key.utf8).write(to: folder.appending(path: "key.pem"))
    }
}
#endif
