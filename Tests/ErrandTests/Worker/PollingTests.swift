import Errand
import ErrandTesting
import Testing

/// A worker whose store tells it nothing, as one does behind a pooler that swallows notifications.
@Suite("A worker that hears of nothing", .timeLimit(.minutes(5)))
struct PollingTests {
    @Test("it looks for jobs at its poll interval, again and again")
    func polls() async throws {
        var bench = WorkerBench()
        bench.options.heartbeat = .seconds(3600)
        let silence = ChangeHub()
        bench.store.tap { $0.changes = { silence.subscribe($0) } }
        let claimed = Gate()
        bench.store.tap { $0.claimed = { if $0.jobs.isEmpty { claimed.open() } } }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        try await bench.whileWorking { client in
            // Once in a round, and once by the claim that then waits in the store.
            for _ in 0..<2 { try await claimed.pass() }
            for number in 0..<3 {
                let inserted = try await client.submit("send", Invoice(number: number))
                await bench.clock.sleepers(atLeast: 2)
                bench.clock.advance(by: bench.options.pollInterval - .milliseconds(1))
                #expect(try await client.status(.id(inserted.id)) == .queued)
                bench.clock.advance(by: .milliseconds(1))
                #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
                // The claim that waits again.
                try await claimed.pass()
            }
        }
    }
}
