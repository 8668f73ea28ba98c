#if Server
import Foundation
import TestCertificates
import Testing

@Suite("errand doctor about certificates and tokens", .timeLimit(.minutes(3)))
struct IdentityDoctorTests {
    private func doctor(_ folder: Folder) async throws -> Outcome {
        try await folder.errand("doctor", "--config", "errand.yaml")
    }

    @Test("a certificate that is no pair is a problem, one that ends soon a warning")
    func certificate() async throws {
        let folder = try Folder()
        try folder.write("errand.yaml", "tls: {certificate: chain.pem, key: key.pem}\n")
        let missing = try await doctor(folder)
        #expect(missing.status == 69)
        #expect(missing.output.contains("problem  certificate: chain.pem is no certificate"), "\(missing.output)")
        try TestCertificate().write(to: URL(filePath: folder.path))
        // It is valid for an hour.
        let soon = try await doctor(folder)
        #expect(soon.status == 0, "\(soon.output)")
        #expect(soon.output.contains("warning  certificate: The certificate chain.pem ends "), "\(soon.output)")
        try folder.write("key.pem", try TestCertificate().key)
        #expect(try await doctor(folder).output.contains("is not the key of the certificate chain.pem"))
    }

    @Test("keys of tokens that cannot be read are a problem, those that are passed over a warning")
    func tokens() async throws {
        let folder = try Folder()
        try folder.write("errand.yaml", "auth: {jwt: {issuer: i, audience: a, jwks: jwks.json}}\n")
        let missing = try await doctor(folder)
        #expect(missing.status == 69)
        #expect(missing.output.contains("problem  tokens: jwks.json cannot be read"), "\(missing.output)")
        let key = #""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#
        try folder.write("jwks.json", "{\"keys\":[{\(key),\"kid\":\"one\",\"alg\":\"EdDSA\"}]}")
        let good = try await doctor(folder)
        #expect(good.output.contains("ok       tokens: The keys of tokens of i can be read"), "\(good.output)")
        try folder.write("jwks.json", "{\"keys\":[{\(key),\"kid\":\"one\"}]}")
        let passed = try await doctor(folder)
        #expect(passed.status == 0)
        #expect(passed.output.contains("warning  tokens: keys[0] of jwks.json has no alg"), "\(passed.output)")
    }
}
#endif
