import Errand
import ErrandTesting
import FoundationEssentials
import Synchronization
import Testing

@Suite("What a worker says of itself", .timeLimit(.minutes(5)))
struct AnnouncingTests {
    @Test("a worker announces itself at its start and with every heartbeat, and withdraws at its end")
    func life() async throws {
        var bench = WorkerBench(concurrency: 3)
        bench.options.queues = ["b", "a"]
        bench.options.workerId = "w7"
        bench.options.version = "1.2"
        let (announced, started) = (Gate(), Gate())
        bench.store.tap { $0.announced = { announced.open() } }
        bench.handlers.register("wait") { (_: Invoice, _) in
            started.open()
            try await Gate().pass()
        }
        var options = SubmitOptions()
        options.queue = "a"
        let inserted = try await bench.client.submit("wait", Invoice(number: 1), options: options)
        try await bench.whileWorking { client in
            try await announced.pass()
            let listed = try #require(try await client.workers().first)
            #expect(listed.announcement.id == "w7" && listed.announcement.version == "1.2")
            #expect(listed.announcement.name.hasSuffix(":\(ProcessInfo.processInfo.processIdentifier)"))
            #expect(listed.announcement.queues == ["b", "a"] && listed.announcement.types == ["wait"])
            #expect(listed.announcement.slots == 3 && listed.announcement.lease == .seconds(30))
            try await started.pass()
            bench.clock.advance(by: .seconds(5))
            try await announced.pass()
            let running = try #require(try await client.workers().first)
            #expect(running.announcement.running == 1)
            #expect(running.leases.map(\.lease.id) == [inserted.id])
        }
        #expect(try await bench.client.workers().isEmpty)
    }

    @Test("a worker that cannot announce itself works all the same, and is listed once it can")
    func failing() async throws {
        var bench = WorkerBench()
        let (refused, announced) = (Gate(), Gate())
        let isDown = Mutex(true)
        bench.store.tap { taps in
            taps.announce = { _ throws(JobStoreError) in
                guard isDown.withLock({ $0 }) else { return }
                refused.open()
                throw JobStoreError(.unavailable, "down")
            }
            taps.announced = { announced.open() }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
            try await refused.pass()
            #expect(try await client.workers().isEmpty)
            isDown.withLock { $0 = false }
            bench.clock.advance(by: .seconds(5))
            try await announced.pass()
            #expect(try await client.workers().count == 1)
        }
    }

    @Test("a worker that is told which types to take leaves the others alone, and says so")
    func types() async throws {
        var bench = WorkerBench()
        bench.options.types = ["send", "unknown"]
        let announced = Gate()
        bench.store.tap { $0.announced = { announced.open() } }
        bench.handlers.register("send") { (_: Invoice, _) in }
        bench.handlers.register("other") { (_: Invoice, _) in }
        let other = try await bench.client.submit("other", Invoice(number: 1))
        let sent = try await bench.client.submit("send", Invoice(number: 2))
        try await bench.whileWorking { client in
            try await announced.pass()
            #expect(try await client.workers().first?.announcement.types == ["send"])
            #expect(try await client.wait(for: .id(sent.id)).status == .completed)
            #expect(try await client.status(.id(other.id)) == .queued)
        }
    }

    @Test("a worker that is to be quiet ends what it runs, claims nothing more, and works again when it may")
    func quiet() async throws {
        var bench = WorkerBench(concurrency: 1)
        bench.options.workerId = "w7"
        let (announced, started, mayEnd) = (Gate(), Gate(), Gate())
        bench.store.tap { $0.announced = { announced.open() } }
        bench.handlers.register("wait") { (_: Invoice, _) in
            started.open()
            try await mayEnd.pass()
        }
        let first = try await bench.client.submit("wait", Invoice(number: 1))
        let second = try await bench.client.submit("wait", Invoice(number: 2))
        try await bench.whileWorking { client in
            try await announced.pass()
            try await started.pass()
            try await bench.memory.want(.quiet, ofWorker: "w7")
            for state in [WorkerAnnouncement.State.run, .quiet] {
                bench.clock.advance(by: .seconds(5))
                try await announced.pass()
                #expect(try await client.workers().first?.announcement.state == state)
            }
            mayEnd.open()
            #expect(try await client.wait(for: .id(first.id)).status == .completed)
            bench.clock.advance(by: .seconds(5))
            try await announced.pass()
            #expect(try await client.status(.id(second.id)) == .queued)
            try await bench.memory.want(.run, ofWorker: "w7")
            bench.clock.advance(by: .seconds(5))
            try await announced.pass()
            try await started.pass()
            mayEnd.open()
            #expect(try await client.wait(for: .id(second.id)).status == .completed)
        }
    }

    @Test("a worker that is to stop lets what runs end, and ends itself")
    func stop() async throws {
        var bench = WorkerBench(concurrency: 1)
        bench.options.workerId = "w7"
        let (announced, started, mayEnd) = (Gate(), Gate(), Gate())
        bench.store.tap { $0.announced = { announced.open() } }
        bench.handlers.register("wait") { (_: Invoice, _) in
            started.open()
            try await mayEnd.pass()
        }
        let first = try await bench.client.submit("wait", Invoice(number: 1))
        let second = try await bench.client.submit("wait", Invoice(number: 2))
        let worker = bench.worker
        async let end: Void = worker.run()
        try await announced.pass()
        try await started.pass()
        try await bench.memory.want(.stop, ofWorker: "w7")
        bench.clock.advance(by: .seconds(5))
        try await announced.pass()
        mayEnd.open()
        try await end
        #expect(try await bench.client.status(.id(first.id)) == .completed)
        #expect(try await bench.client.status(.id(second.id)) == .queued)
        #expect(try await bench.client.workers().isEmpty)
    }
}
