import Errand
import ErrandTesting
import Testing

@Suite("Retry policies", .timeLimit(.minutes(5)))
struct RetryPolicyTests {
    private func delays(_ policy: RetryPolicy, attempt: Int, count: Int = 1000) -> [Duration] {
        var random: any RandomNumberGenerator & Sendable = SeededRandom(seed: 1)
        return (0..<count).compactMap { _ in policy.delay(afterAttempt: attempt, error: Broken(), using: &random) }
    }

    @Test(
        "full jitter lies between nothing and the doubled base",
        arguments: [(1, 1), (2, 2), (5, 16), (13, 3600), (1000, 3600)]
    )
    func jitter(attempt: Int, ceiling: Int) throws {
        let delays = delays(.exponential(), attempt: attempt)
        let longest = try #require(delays.max())
        #expect(longest <= .seconds(ceiling))
        #expect(longest > .seconds(Double(ceiling) * 0.9))
        #expect(try #require(delays.min()) < .seconds(Double(ceiling) * 0.1))
    }

    @Test("the same seed gives the same delays")
    func seeded() {
        #expect(delays(.exponential(), attempt: 4, count: 5) == delays(.exponential(), attempt: 4, count: 5))
    }

    @Test("constant, never and custom do what they say")
    func others() {
        #expect(delays(.constant(.seconds(3)), attempt: 9, count: 1) == [.seconds(3)])
        #expect(delays(.never, attempt: 1).isEmpty)
        let custom = RetryPolicy.custom { attempt, _ in attempt < 3 ? .seconds(attempt) : nil }
        #expect(delays(custom, attempt: 2, count: 1) == [.seconds(2)])
        #expect(delays(custom, attempt: 3).isEmpty)
        #expect(RetryPolicy.exponentialJitter(maxAttempts: 4).maxAttempts == 4)
    }
}
