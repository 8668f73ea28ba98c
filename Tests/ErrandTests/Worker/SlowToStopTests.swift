import Errand
import ErrandTesting
import Synchronization
import Testing

@Suite("Handlers that are slow to stop", .timeLimit(.minutes(5)))
struct SlowToStopTests {
    /// How many runs there are at once, and the most there ever were.
    private final class Runs: Sendable {
        private let counts = Mutex((now: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }

        func enter() {
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
        }

        func leave() { counts.withLock { $0.now -= 1 } }
    }

    /// Waits for a gate and does not care for cancellation, as a handler does that blocks.
    private static func ignoringCancellation(_ gate: Gate) async {
        await Task { try? await gate.pass() }.value
    }

    /// A bench whose handler waits for the gate whatever happens, in its first run.
    private func bench(
        _ runs: Runs,
        _ started: Gate,
        _ stopped: Gate,
        timeout: Duration? = nil,
        concurrency: Int = 4
    ) -> WorkerBench {
        var bench = WorkerBench(concurrency: concurrency)
        bench.options.stopping = StoppingTimes(graces: ["send": .seconds(5)])
        bench.handlers.register("send", retry: .constant(.zero), timeout: timeout) { (_: Invoice, context) in
            runs.enter()
            defer { runs.leave() }
            started.open()
            if context.fence == 1 { await Self.ignoringCancellation(stopped) }
        }
        return bench
    }

    @Test("the attempt after a timeout does not begin before the handler has returned")
    func timeoutAndRetry() async throws {
        let (runs, started, stopped, timedOut) = (Runs(), Gate(), Gate(), Gate())
        var bench = bench(runs, started, stopped, timeout: .seconds(2))
        bench.options.errorReporter = { _, error in if error is JobTimeoutError { timedOut.open() } }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await started.pass()
            bench.clock.advance(by: .seconds(2))
            try await timedOut.pass()
            // Longer than a lease would be without renewals, and within the time to stop.
            bench.clock.advance(by: .seconds(9))
            let stopping = try await client.job(.id(inserted.id))
            #expect(stopping.status == .running && stopping.fence == 1 && stopping.attempt == 1)
            stopped.open()
            #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
        }
        let job = try await bench.client.job(.id(inserted.id))
        #expect(job.errors.map(\.code) == [JobFailure.Code.timeout] && job.attempt == 2)
        #expect(runs.most == 1)
    }

    @Test("a handler that returns after its timeout has failed with code timeout, whatever it returns")
    func lateSuccess() async throws {
        let (runs, started, stopped, timedOut) = (Runs(), Gate(), Gate(), Gate())
        var bench = bench(runs, started, stopped, timeout: .seconds(2))
        bench.options.errorReporter = { _, error in if error is JobTimeoutError { timedOut.open() } }
        var once = SubmitOptions()
        once.maxAttempts = 1
        let inserted = try await bench.client.submit("send", Invoice(number: 1), options: once)
        try await bench.whileWorking { client in
            try await started.pass()
            bench.clock.advance(by: .seconds(2))
            try await timedOut.pass()
            stopped.open()
            let job = try await client.wait(for: .id(inserted.id))
            #expect(job.status == .failed && job.failure?.code == JobFailure.Code.timeout)
        }
    }

    @Test("a handler that ignores its timeout is reported when its time to stop is over, and its job runs again")
    func ignoredTimeout() async throws {
        let (runs, started, stopped) = (Runs(), Gate(), Gate())
        let (timedOut, overran) = (Gate(), Gate())
        var bench = bench(runs, started, stopped, timeout: .seconds(2))
        bench.options.errorReporter = { _, error in
            if error is JobTimeoutError { timedOut.open() }
            if error is JobOverrunError { overran.open() }
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await started.pass()
            bench.clock.advance(by: .seconds(2))
            try await timedOut.pass()
            bench.clock.advance(by: .seconds(10))
            try await overran.pass()
            let job = try await client.wait(for: .id(inserted.id))
            #expect(job.status == .completed && job.errors.map(\.code) == [JobFailure.Code.timeout])
            stopped.open()
        }
        // The end of the handler that did not heed it changes nothing.
        #expect(try await bench.client.job(.id(inserted.id)).fence == 2)
    }

    @Test("a cancelled job that is retried does not run beside itself, with a grace longer than the lease")
    func cancelAndRetry() async throws {
        let (runs, started, stopped) = (Runs(), Gate(), Gate())
        var bench = bench(runs, started, stopped)
        bench.options.lease = .seconds(5)
        bench.options.heartbeat = .seconds(1)
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await started.pass()
            try await client.cancel(.id(inserted.id))
            try await client.retry(.id(inserted.id))
            bench.clock.advance(by: .seconds(9))
            #expect(try await bench.memory.reap(limit: 10) == 0)
            #expect(try await client.status(.id(inserted.id)) == .queued)
            stopped.open()
            #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
        }
        #expect(runs.most == 1)
    }

    @Test("a queue with room for one never runs two, also while a cancelled run is slow to stop")
    func oneAtATime() async throws {
        let (runs, started, stopped) = (Runs(), Gate(), Gate())
        let bench = bench(runs, started, stopped)
        try await bench.memory.configure(queue: "default", .concurrency(1))
        let jobs = try await bench.client.submit("send", all: (1...3).map(Invoice.init))
        try await bench.whileWorking { client in
            try await started.pass()
            try await client.cancel(.id(jobs[0].id))
            for _ in 1...3 { bench.clock.advance(by: .seconds(3)) }
            #expect(try await client.status(.id(jobs[1].id)) == .queued)
            stopped.open()
            try await started.pass()
            #expect(try await client.wait(for: .id(jobs[0].id)).status == .cancelled)
            stopped.open()
            stopped.open()
            for job in jobs.dropFirst() { _ = try await client.wait(for: .id(job.id)) }
        }
        #expect(runs.most == 1)
        #expect(try await bench.client.job(.id(jobs[0].id)).cancelAcknowledgedAt != nil)
    }

    @Test("a handler that ignores a hard stop is reported, and keeps its job until it returns")
    func ignoredStop() async throws {
        let (runs, started, stopped, overran) = (Runs(), Gate(), Gate(), Gate())
        var bench = bench(runs, started, stopped)
        bench.options.errorReporter = { _, error in if error is JobOverrunError { overran.open() } }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        let worker = Task { [worker = bench.worker] in try await worker.run() }
        try await started.pass()
        worker.cancel()
        bench.clock.advance(by: bench.options.cancelPatience)
        try await overran.pass()
        #expect(try await bench.client.status(.id(inserted.id)) == .running)
        stopped.open()
        try await worker.value
        #expect(try await bench.client.status(.id(inserted.id)) == .completed)
    }
}
