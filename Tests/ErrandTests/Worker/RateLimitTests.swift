import Errand
import ErrandTesting
import Testing

@Suite("Workers and rate limits", .timeLimit(.minutes(5)))
struct RateLimitTests {
    @Test("a worker wakes by itself when a window ends, and starts no more than it allows")
    func wakes() async throws {
        var bench = WorkerBench(handling: "send")
        // Neither a poll nor the end of a lease comes in the way: only the end of the window wakes.
        bench.options.pollInterval = .seconds(1_000_000_000)
        bench.options.lease = .seconds(1_000_000_000)
        let limit = RateLimit(count: 2, per: .seconds(60))
        try await bench.memory.configure(queue: "default", .rateLimit(limit))
        for number in 0..<6 { _ = try await bench.client.submit("send", Invoice(number: number)) }
        let (clock, memory) = (bench.clock, bench.memory)
        try await bench.whileWorking { _ in
            while try await memory.completed("send") < 6 {
                clock.advance(by: .milliseconds(100))
                await Task.yield()
            }
        }
        // Three windows, of which the second and the third began no sooner than the one before was over.
        #expect(clock.steadyNow.offset >= .seconds(120))
    }
}

extension MemoryJobStore {
    fileprivate func completed(_ type: Name) async throws -> Int {
        try await counts(by: .type, projectId: nil, scope: .system)[type]?.completed ?? 0
    }
}
