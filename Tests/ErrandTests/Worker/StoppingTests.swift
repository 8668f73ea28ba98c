import Errand
import ErrandTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@Suite("How runs are stopped", .timeLimit(.minutes(5)))
struct StoppingTests {
    /// Waits until the task is cancelled, as a handler does that reacts to it.
    private static func untilCancelled() async throws { try await Gate().pass() }

    /// Waits for a gate and does not care for cancellation, as a handler does that blocks.
    private static func ignoringCancellation(_ gate: Gate) async {
        await Task { try? await gate.pass() }.value
    }

    @Test("a cancel reaches the handler's task, and is acknowledged when it has returned")
    func cancel() async throws {
        var bench = WorkerBench()
        let started = Gate()
        bench.handlers.register("send") { (_: Invoice, context) in
            started.open()
            defer { #expect(context.isCancelled) }
            try await Self.untilCancelled()
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await started.pass()
            #expect(try await client.cancel(.id(inserted.id)).status == .cancelled)
        }
        let job = try await bench.client.job(.id(inserted.id))
        #expect(job.status == .cancelled)
        #expect(job.cancelAcknowledgedAt != nil)
    }

    @Test("a slot whose job was cancelled takes other jobs again")
    func slotGoesOn() async throws {
        var bench = WorkerBench(concurrency: 1)
        let started = Gate()
        bench.handlers.register("wait") { (_: Invoice, _) in
            started.open()
            try await Self.untilCancelled()
        }
        bench.handlers.register("send") { (_: Invoice, _) in #expect(!Task.isCancelled) }
        let first = try await bench.client.submit("wait", Invoice(number: 1))
        let second = try await bench.client.submit("send", Invoice(number: 2))
        try await bench.whileWorking { client in
            try await started.pass()
            try await client.cancel(.id(first.id))
            #expect(try await client.wait(for: .id(second.id)).status == .completed)
        }
    }

    @Test("what a waiting claim brings while the worker stops is given back before it has stopped")
    func waitingClaim() async throws {
        let bench = WorkerBench(handling: "send")
        let (isWaiting, isClaiming, mayClaim) = (Gate(), Gate(), Gate())
        let claims = Mutex(0)
        bench.store.tap { taps in
            // The first claim is the pump's, the second begins to wait, and the third is what the submit wakes.
            taps.claim = { _ in
                let number = claims.withLock { count in
                    count += 1
                    return count
                }
                guard number == 3 else { return }
                isClaiming.open()
                await Self.ignoringCancellation(mayClaim)
            }
            taps.claimed = { _ in if claims.withLock({ $0 == 2 }) { isWaiting.open() } }
        }
        let id = Mutex<JobID?>(nil)
        try await bench.whileWorking { client in
            try await isWaiting.pass()
            let inserted = try await client.submit("send", Invoice(number: 1))
            id.withLock { $0 = inserted.id }
            try await isClaiming.pass()
        } whileStopping: {
            mayClaim.open()
        }
        let job = try await bench.client.job(.id(#require(id.withLock { $0 })))
        #expect(job.status == .queued && job.attempt == 0 && job.fence == 1)
    }

    @Test("a renewal answered cancelled or lost cancels the task", arguments: [LeaseRenewal.cancelled, .lost])
    func renewal(_ answer: LeaseRenewal) async throws {
        var bench = WorkerBench()
        let (started, stopped) = (Gate(), Gate())
        let silent = ChangeHub()
        bench.store.tap { taps in
            taps.renew = { leases in leases.map { _ in answer } }
            // No revocation comes by the stream.
            taps.changes = { interest in silent.subscribe(interest) }
        }
        bench.handlers.register("send") { (_: Invoice, _) in
            started.open()
            defer { stopped.open() }
            try await Self.untilCancelled()
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await started.pass()
            if answer == .cancelled { try await client.cancel(.id(inserted.id)) }
            bench.clock.advance(by: .seconds(5))
            try await stopped.pass()
        }
        let job = try await bench.client.job(.id(inserted.id))
        // A lost run writes nothing more: its next claim belongs to whoever reaps it.
        #expect(job.status == (answer == .cancelled ? .cancelled : .running))
        #expect((job.cancelAcknowledgedAt != nil) == (answer == .cancelled))
    }

    @Test("leases that cannot be renewed in time are given up")
    func unreachableRenewal() async throws {
        var bench = WorkerBench()
        let (started, stopped, tried) = (Gate(), Gate(), Gate())
        bench.store.tap { taps in
            taps.renew = { _ throws(JobStoreError) in
                tried.open()
                throw JobStoreError(.unavailable, "down")
            }
        }
        bench.handlers.register("send") { (_: Invoice, _) in
            started.open()
            defer { stopped.open() }
            try await Self.untilCancelled()
        }
        try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { _ in
            try await started.pass()
            bench.clock.advance(by: .seconds(5))
            try await tried.pass()
            bench.clock.advance(by: .seconds(26))
            try await stopped.pass()
        }
    }

    @Test("a handler that stops at its timeout fails with code timeout as well, and is tried again")
    func cooperativeTimeout() async throws {
        var bench = WorkerBench()
        let started = Gate()
        bench.handlers.register("send", retry: .constant(.zero), timeout: .seconds(3)) { (_: Invoice, context) in
            started.open()
            if context.attempt == 1 { try await Self.untilCancelled() }
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await started.pass()
            bench.clock.advance(by: .seconds(3))
            let job = try await client.wait(for: .id(inserted.id))
            #expect(job.status == .completed && job.attempt == 2)
            #expect(job.errors.map(\.code) == [JobFailure.Code.timeout])
        }
    }

    @Test("a job cancelled before its handler starts is not run")
    func cancelledInBuffer() async throws {
        var bench = WorkerBench(concurrency: 1)
        let (started, finish) = (Gate(), Gate())
        let second = Mutex<JobID?>(nil)
        bench.handlers.register("send") { (invoice: Invoice, context) in
            if invoice.number == 10 {
                started.open()
                try await finish.pass()
            }
            if second.withLock({ $0 }) == context.id { Issue.record("the cancelled job ran") }
        }
        let jobs = try await bench.client.submit("send", all: (1...40).map(Invoice.init))
        second.withLock { $0 = jobs[30].id }
        try await bench.whileWorking { client in
            try await started.pass()
            try await client.cancel(.id(jobs[30].id))
            finish.open()
            for job in jobs { _ = try await client.wait(for: .id(job.id)) }
        }
        #expect(try await bench.client.status(.id(jobs[30].id)) == .cancelled)
        #expect(try await bench.client.counts(by: .type)["send"]?.completed == 39)
    }

    @Test("a hard stop gives running jobs back without charging them")
    func hardStop() async throws {
        var bench = WorkerBench()
        let started = Gate()
        bench.handlers.register("send") { (_: Invoice, _) in
            started.open()
            try await Self.untilCancelled()
        }
        let jobs = try await bench.client.submit("send", all: (1...5).map(Invoice.init))
        try await bench.whileWorking { _ in
            try await started.pass()
            try await started.pass()
        }
        for inserted in jobs {
            let job = try await bench.client.job(.id(inserted.id))
            #expect(job.status == .queued && job.attempt == 0)
            #expect(job.errors.allSatisfy { $0.outcome == .released })
        }
    }

    @Test("a graceful shutdown lets running jobs end and claims no more")
    func gracefulStop() async throws {
        var bench = WorkerBench(concurrency: 1)
        let (started, finish) = (Gate(), Gate())
        bench.handlers.register("send") { (invoice: Invoice, _) in
            started.open()
            try await finish.pass()
            return invoice
        }
        let jobs = try await bench.client.submit("send", all: (1...2).map(Invoice.init))
        let group = ServiceGroup(services: [bench.worker], logger: bench.options.logger)
        let running = Task { try await group.run() }
        try await started.pass()
        await group.triggerGracefulShutdown()
        await bench.untilDraining()
        finish.open()
        try await running.value
        #expect(try await bench.client.status(.id(jobs[0].id)) == .completed)
        let second = try await bench.client.job(.id(jobs[1].id))
        #expect(second.status == .queued && second.fence == 0)
    }

    @Test("after the grace period running jobs are cancelled and given back")
    func graceOver() async throws {
        var bench = WorkerBench(concurrency: 1)
        let started = Gate()
        bench.handlers.register("send") { (_: Invoice, _) in
            started.open()
            try await Self.untilCancelled()
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        let group = ServiceGroup(services: [bench.worker], logger: bench.options.logger)
        let running = Task { try await group.run() }
        try await started.pass()
        await group.triggerGracefulShutdown()
        await bench.untilDraining()
        bench.clock.advance(by: bench.options.grace)
        try await running.value
        let job = try await bench.client.job(.id(inserted.id))
        #expect(job.status == .queued && job.attempt == 0)
    }

    @Test("jobs claimed ahead are given back at a stop")
    func prefetched() async throws {
        var bench = WorkerBench(concurrency: 1)
        let (blocked, finish) = (Gate(), Gate())
        let held = Mutex(0)
        let claimedAhead = Gate()
        bench.store.tap { taps in
            taps.claimed = { claim in
                if held.withLock({
                    $0 += claim.jobs.count
                    return $0
                }) > 50 {
                    claimedAhead.open()
                }
            }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in
            if invoice.number == 20 {
                blocked.open()
                try await finish.pass()
            }
        }
        let jobs = try await bench.client.submit("send", all: (1...100).map(Invoice.init))
        let group = ServiceGroup(services: [bench.worker], logger: bench.options.logger)
        let running = Task { try await group.run() }
        try await blocked.pass()
        try await claimedAhead.pass()
        await group.triggerGracefulShutdown()
        await bench.untilDraining()
        finish.open()
        try await running.value
        let counts = try await bench.client.counts(by: .type)["send"]
        #expect(counts?.completed == 20 && counts?.queued == 80 && counts?.running == 0)
        #expect(try await bench.client.job(.id(jobs[50].id)).attempt == 0)
    }
}
