#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import JWTKit
import Testing

@testable import ErrandHTTP

@Suite("Keys of tokens", .timeLimit(.minutes(5)))
struct TokenKeyTests {
    private let issuer: TestIssuer

    init() throws { issuer = try TestIssuer() }

    private func file(
        _ name: String,
        _ content: String,
        _ algorithm: TokenAlgorithm,
        id: String? = nil
    ) throws -> TokenOptions.KeyFile {
        TokenOptions.KeyFile(path: try issuer.write(name, content), algorithm: algorithm, id: id)
    }

    @Test("public keys in PEM and secrets are for the one algorithm that they are named with")
    func files() async throws {
        let (p256, ed) = (ES256PrivateKey(), try EdDSA.PrivateKey())
        let secret = String(repeating: "s", count: 32)
        let keys: [TokenOptions.KeyFile] = [
            try file("rsa.pem", issuer.privateKey.publicKey.pemRepresentation, .rs256),
            try file("pss.pem", issuer.privateKey.publicKey.pemRepresentation, .ps256, id: "pss"),
            try file("ec.pem", p256.publicKey.pemRepresentation, .es256, id: "ec"),
            try file("ed.pem", ed.publicKey.pemRepresentation, .eddsa, id: "ed"),
            try file("secret", secret + "\n", .hs256, id: "hs"),
        ]
        let api = try await issuer.api(keys: .files(keys))
        let (rsa, pss) = (JWTKeyCollection(), JWTKeyCollection())
        await rsa.add(rsa: issuer.privateKey, digestAlgorithm: .sha256)
        await pss.add(pss: issuer.privateKey, digestAlgorithm: .sha256)
        let (ec, edwards, shared) = (JWTKeyCollection(), JWTKeyCollection(), JWTKeyCollection())
        await ec.add(ecdsa: p256)
        await edwards.add(eddsa: ed)
        await shared.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        for (alg, kid, signer) in [
            ("RS256", nil, rsa), ("PS256", "pss", pss), ("ES256", "ec", ec), ("EdDSA", "ed", edwards),
            ("HS256", "hs", shared),
        ] {
            let name = kid.map { ",\"kid\":\"\($0)\"" } ?? ""
            let header = "{\"alg\":\"\(alg)\"\(name)}"
            let good = try TestIssuer.sign(header, TestIssuer.claims(api), await signer.getKey())
            #expect(try await api.get("/api/jobs", headers: .bearer(good)).status == 200, "\(alg)")
            let other = "{\"alg\":\"\(alg)\",\"kid\":\"\(kid == "pss" ? "ec" : "pss")\"}"
            let wrong = try TestIssuer.sign(other, TestIssuer.claims(api), await signer.getKey())
            #expect(try await api.get("/api/jobs", headers: .bearer(wrong)).status == 401, "\(alg)")
        }
    }

    @Test("a file that is no key of its algorithm is refused by name")
    func wrongFiles() async throws {
        let pem = issuer.privateKey.publicKey.pemRepresentation
        let wrong: [(TokenOptions.KeyFile, String)] = [
            (try file("a", pem, .hs256), "no secret"), (try file("b", "short", .hs256), "at least 32"),
            (try file("c", pem, .es256), "is no key for ES256"), (try file("d", "x", .rs256), "is no key for RS256"),
            (TokenOptions.KeyFile(path: "/none/such", algorithm: .rs256), "cannot be read"),
        ]
        for (key, words) in wrong {
            let error = await #expect(throws: TokenKeyError.self) { _ = try await issuer.api(keys: .files([key])) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
            #expect(error?.description.hasPrefix(key.path) == true)
        }
        let twice = try [file("e", pem, .rs256, id: "x"), file("f", pem, .ps256, id: "x")]
        let error = await #expect(throws: TokenKeyError.self) { _ = try await issuer.api(keys: .files(twice)) }
        #expect(error?.description.contains("second key with the kid \"x\"") == true)
    }

    @Test("members of a key set without alg or kid, that are private or for encryption, are passed over and named")
    func passedOver() async throws {
        let members = [
            try issuer.jwk(kid: "none", alg: nil), try issuer.jwk(kid: ""), try issuer.jwk(kid: "es", alg: "ES256"),
            try issuer.jwk(kid: "enc", alg: "RSA-OAEP"), try issuer.jwk(kid: "use", extra: ",\"use\":\"enc\""),
            try issuer.jwk(kid: "priv", extra: ",\"d\":\"AQAB\""), #"{"kty":"oct","kid":"o","alg":"HS256","k":"eA"}"#,
            try issuer.jwk(kid: "one", extra: ",\"use\":\"sig\""), "7",
        ]
        try issuer.write("jwks.json", "{\"keys\":[\(members.joined(separator: ","))]}")
        let log = RecordedLog()
        let api = try await issuer.api(log: log)
        #expect(log.lines.filter { $0.contains("is passed over") }.count == 8)
        #expect(log.lines.contains { $0.contains("keys[0]") && $0.contains("has no alg") })
        #expect(try await status(api, kid: "one") == 200)
        for kid in ["none", "es", "enc", "use", "priv", "o", ""] {
            #expect(try await status(api, kid: kid) == 401, "\(kid)")
        }
    }

    @Test(
        "a key set that is none, or names two keys alike, is refused",
        arguments: ["{}", "[]", "x", "{\"keys\":{}}", "twice"]
    )
    func wrongSets(_ content: String) async throws {
        let twice = "{\"keys\":[\(try issuer.jwk(kid: "a")),\(try issuer.jwk(kid: "a"))]}"
        try issuer.write("jwks.json", content == "twice" ? twice : content)
        await #expect(throws: TokenKeyError.self) { _ = try await issuer.api() }
    }

    @Test("a key set that changed is read again within a minute, and one that is broken changes nothing")
    func rotation() async throws {
        let log = RecordedLog()
        let api = try await issuer.api(log: log)
        #expect(try await status(api, kid: "one") == 200)
        try issuer.write("jwks.json", "{\"keys\":[\(issuer.jwk(kid: "two-two"))]}")
        #expect(try await status(api, kid: "two-two") == 401)
        api.clock.advance(by: .seconds(60))
        #expect(try await status(api, kid: "two-two") == 200)
        #expect(try await status(api, kid: "one") == 401)
        try issuer.write("jwks.json", "{")
        api.clock.advance(by: .seconds(60))
        #expect(try await status(api, kid: "two-two") == 200)
        #expect(log.lines.contains { $0.contains("stay as they were") })
        try issuer.write("jwks.json", "{\"keys\":[]}")
        api.clock.advance(by: .seconds(60))
        #expect(try await status(api, kid: "two-two") == 401)
    }

    private func status(_ api: TestAPI, kid: String) async throws -> Int {
        let token = try await issuer.token(api, header: "{\"alg\":\"RS256\",\"kid\":\"\(kid)\"}")
        return try await api.get("/api/jobs", headers: .bearer(token)).status
    }
}
#endif
