import ErrandTesting
import Testing

@Suite(.timeLimit(.minutes(5)))
struct JobHistoryTests {
    @Test func `the reference store agrees with itself, and the same seed plays the same history`() async throws {
        let first = try await JobHistory(seed: 1).play { MemoryJobStore(clock: $0) }
        let second = try await JobHistory(seed: 1).play { MemoryJobStore(clock: $0) }
        #expect(first.counts == second.counts)
    }

    @Test func `histories reach every transition and every refusal`() async throws {
        let coverage = try await JobHistory.play(count: 300, from: 1) { MemoryJobStore(clock: $0) }
        print(coverage)
        #expect(coverage.missing(minimum: 30) == [])
    }
}
