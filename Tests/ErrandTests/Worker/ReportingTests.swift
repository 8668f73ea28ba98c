import Errand
import ErrandTesting
import FoundationEssentials
import Synchronization
import Testing

@Suite("What a running job reports", .timeLimit(.minutes(5)))
struct ReportingTests {
    @Test("progress of all jobs is written once an interval, the latest wins")
    func coalesced() async throws {
        var bench = WorkerBench()
        let (reported, ready, finish) = (Gate(), Gate(), Gate())
        let calls = Mutex<[[RunReport]]>([])
        bench.store.tap { taps in
            taps.report = { reports in
                calls.withLock { $0.append(reports) }
                reported.open()
            }
        }
        bench.handlers.register("send") { (_: Invoice, context) in
            context.progress(1)
            try await ready.pass()
            for percent in 2...40 { context.progress(percent, "at \(percent)") }
            try context.data(["sent": 3])
            finish.open()
            try await ready.pass()
            context.progress(99)
        }
        let jobs = try await bench.client.submit("send", all: [Invoice(number: 1), Invoice(number: 2)])
        try await bench.whileWorking { client in
            while calls.withLock({ $0.joined().count }) < 2 {
                try await reported.pass()
                bench.clock.advance(by: .milliseconds(100))
            }
            for _ in jobs { ready.open() }
            for _ in jobs { try await finish.pass() }
            let before = calls.withLock { $0.count }
            bench.clock.advance(by: .milliseconds(100))
            while calls.withLock({ $0.joined().count }) < 4 { try await reported.pass() }
            #expect(calls.withLock { $0.count } <= before + 2)
            let job = try await client.job(.id(jobs[0].id))
            #expect(job.progress == 40 && job.progressMessage == "at 40")
            #expect(job.data?.string == #"{"sent":3}"#)
            for _ in jobs { ready.open() }
            for job in jobs { #expect(try await client.wait(for: .id(job.id)).status == .completed) }
        }
        // The end carried the last report: no call of its own was made for it.
        #expect(calls.withLock { $0.joined().map(\.progress) }.contains(99) == false)
    }

    @Test("a report that could not be written is written with the next")
    func writtenAgain() async throws {
        var bench = WorkerBench()
        let (failed, arrived, finish) = (Gate(), Gate(), Gate())
        let isDown = Mutex(true)
        bench.store.tap { taps in
            taps.report = { _ throws(JobStoreError) in
                if isDown.withLock({ $0 }) {
                    failed.open()
                    throw JobStoreError(.unavailable, "down")
                }
                arrived.open()
            }
        }
        bench.handlers.register("send") { (_: Invoice, context) in
            context.progress(7, "seven")
            context.log("first")
            try await finish.pass()
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            try await failed.pass()
            isDown.withLock { $0 = false }
            bench.clock.advance(by: .milliseconds(100))
            try await arrived.pass()
            finish.open()
            let job = try await client.wait(for: .id(inserted.id))
            #expect(job.progressMessage == "seven")
            #expect(try await client.logs(.id(job.id)).count == 1)
        }
    }

    @Test("a checkpoint is durable when it returns, and the next run reads it")
    func checkpoint() async throws {
        var bench = WorkerBench()
        let memory = bench.memory
        bench.handlers.register("send", retry: .constant(.zero)) { (_: Invoice, context) in
            if let line = try context.checkpoint(as: Invoice.self) { return line.number }
            try await context.checkpoint(Invoice(number: 512))
            let stored = try await memory.job(.id(context.id), scope: .default).checkpoint
            #expect(stored?.string == #"{"number":512}"#)
            throw Broken()
        }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.result?.string == "512")
    }

    @Test("a job submitted by a handler comes with the handler's end, and names it as submitter")
    func followUp() async throws {
        var bench = WorkerBench()
        bench.handlers.register("first") { (_: Invoice, context) in
            let one = try context.submit("second", Invoice(number: 2))
            var options = SubmitOptions()
            options.after = [one]
            try context.submit("second", Invoice(number: 3), options: options)
        }
        bench.handlers.register("second", queue: "later") { (invoice: Invoice, _) in invoice }
        let inserted = try await bench.client.submit("first", Invoice(number: 1))
        try await bench.whileWorking { client in
            _ = try await client.wait(for: .id(inserted.id))
            var filter = JobFilter()
            filter.types = ["second"]
            let jobs = try await client.list(filter).jobs
            #expect(jobs.count == 2 && jobs.allSatisfy { $0.queue == "later" })
            for job in jobs { #expect(try await client.wait(for: .id(job.id)).status == .completed) }
        }
    }

    @Test("a follow-up that the store refuses fails the run")
    func refusedFollowUp() async throws {
        var bench = WorkerBench()
        bench.handlers.register("first", retry: .never) { (_: Invoice, context) in
            var new = NewJob(type: "first")
            new.uniqueKey = "one"
            new.onConflict = .reject
            try context.submit(new)
        }
        var holder = NewJob(type: "first")
        holder.uniqueKey = "one"
        holder.runAt = Moment(clamping: bench.clock.now().wall + 3600)
        try await bench.client.submit(holder)
        let job = try await bench.run("first", Invoice(number: 1))
        #expect(job.status == .failed)
        #expect(job.failure?.code == "follow_up_refused")
    }

    @Test("jobs submitted by an attempt that fails are not submitted")
    func failedFollowUp() async throws {
        var bench = WorkerBench()
        bench.handlers.register("first", retry: .constant(.zero), maxAttempts: 2) { (_: Invoice, context) in
            var options = SubmitOptions()
            options.queue = "later"
            options.delayUntil = Moment(clamping: context.createdAt + 3600)
            try context.submit("first", Invoice(number: 2), options: options)
            if context.attempt == 1 { throw Broken() }
        }
        let job = try await bench.run("first", Invoice(number: 1))
        #expect(job.status == .completed && job.attempt == 2)
        var filter = JobFilter()
        filter.queue = "later"
        #expect(try await bench.client.list(filter).jobs.count == 1)
    }

    @Test("data that is no object is refused to the handler, not to the batch")
    func badData() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", retry: .never) { (_: Invoice, context) in try context.data([1, 2]) }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .failed && job.error?.contains("/data") == true)
    }
}
