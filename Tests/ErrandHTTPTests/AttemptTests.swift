#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Wrong credentials", .timeLimit(.minutes(5)))
struct AttemptTests {
    private let api = TestAPI.withKeys { $0.transport = .proxy }

    private func from(_ address: String) -> HTTPFields { [.forwardedFor: address] }

    /// A key that looks like one and is none.
    private func guess(_ number: Int) -> HTTPFields {
        .bearer("ek_" + String(repeating: "0", count: 10) + (number < 10 ? "0\(number)" : "\(number % 100)") + "_x")
    }

    @Test("after thirty wrong ones an address waits, and in time may go on")
    func limit() async throws {
        for number in 0..<30 {
            #expect(try await api.get("/api/jobs", headers: guess(number) + from("192.0.2.1")).status == 401)
        }
        let refused = try await api.get("/api/jobs", headers: guess(31) + from("192.0.2.1"))
        #expect(refused.status == 429)
        #expect(refused.headers[.retryAfter] == "2")
        #expect(try refused.string("type")?.hasSuffix("#quota-exceeded") == true)
        #expect(try await api.send(.post, "/api/session", headers: guess(32) + from("192.0.2.1")).status == 429)
        #expect(api.log.lines.filter { $0.contains("too many wrong") }.count == 1)
        #expect(try await api.get("/api/jobs", headers: guess(33) + from("192.0.2.2")).status == 401)
        api.clock.advance(by: .seconds(2))
        #expect(try await api.get("/api/jobs", headers: guess(34) + from("192.0.2.1")).status == 401)
        #expect(try await api.get("/api/jobs", headers: guess(35) + from("192.0.2.1")).status == 429)
    }

    @Test("keys in use, tokens and sessions are let in from an address that others use to guess")
    func neighbours() async throws {
        let issuer = try TestIssuer()
        let api = try await issuer.api { $0.transport = .proxy }
        let known = try await api.header([.jobsRead])
        let unknown = try await api.header([.jobsRead])
        let token = HTTPFields.bearer(try await issuer.token(api))
        let session = try await api.send(.post, "/api/session", headers: known + from("192.0.2.1")).session
        for number in 0..<40 { _ = try await api.get("/api/jobs", headers: guess(number) + from("192.0.2.1")) }
        for credential in [known, token, session] {
            #expect(try await api.get("/api/jobs", headers: credential + from("192.0.2.1")).status == 200)
        }
        // The store is asked for the known one again, and still it is no guess.
        api.clock.advance(by: .seconds(1))
        for number in 0..<40 { _ = try await api.get("/api/jobs", headers: guess(number) + from("192.0.2.1")) }
        #expect(try await api.get("/api/jobs", headers: unknown + from("192.0.2.1")).status == 429)
        #expect(try await api.get("/api/jobs", headers: unknown + from("192.0.2.2")).status == 200)
        // Now that it was used here it is known as well.
        #expect(try await api.get("/api/jobs", headers: unknown + from("192.0.2.1")).status == 200)
    }

    @Test("a revoked key that was known is refused at once, however many wrong ones came")
    func revoked() async throws {
        let (key, header) = try await api.key([.jobsRead])
        #expect(try await api.get("/api/jobs", headers: header + from("192.0.2.1")).status == 200)
        for number in 0..<40 { _ = try await api.get("/api/jobs", headers: guess(number) + from("192.0.2.1")) }
        _ = try await api.memory.revokeAPIKey(key.id, scope: .system)
        api.clock.advance(by: .seconds(10))
        let status = try await api.get("/api/jobs", headers: header + from("192.0.2.1")).status
        #expect(status == 401 || status == 429)
    }

    @Test("memory is bounded, and the address that has to wait longest is forgotten last")
    func memory() {
        let attempts = FailedAttempts(limit: .init(count: 2, per: .seconds(60)), capacity: 100)
        for _ in 0..<2 { _ = attempts.note("worst", at: .zero) }
        for number in 0..<10_000 { _ = attempts.note("\(number)", at: .zero) }
        #expect(attempts.count == 100)
        #expect(attempts.wait(for: "worst", at: .zero) == .seconds(30))
        _ = attempts.note("late", at: .seconds(61))
        #expect(attempts.count == 1)
    }

    @Test(
        "an address is a host, or the network that a subscriber of IPv6 has",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::1", "::1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("[2001:db8::9]", "2001:db8:0:0::/64"), ("unknown", "unknown"),
        ]
    )
    func networks(_ text: String, _ network: String) { #expect(ClientAddress.network(text) == network) }

    @Test("only what the proxy itself added says where a request comes from, and without a proxy nothing does")
    func forwarding() async throws {
        for number in 0..<40 {
            let forged = from("203.0.113.\(number), 192.0.2.1")
            _ = try await api.get("/api/jobs", headers: guess(number) + forged)
        }
        #expect(try await api.get("/api/jobs", headers: guess(1) + from("192.0.2.1")).status == 429)
        #expect(try await api.get("/api/jobs", headers: guess(1) + from("203.0.113.1")).status == 401)
        let direct = TestAPI.withKeys()
        for number in 0..<30 {
            _ = try await direct.get("/api/jobs", headers: guess(number) + from("192.0.2.\(number)"))
        }
        #expect(try await direct.get("/api/jobs", headers: guess(1) + from("192.0.2.99")).status == 429)
    }
}
#endif
