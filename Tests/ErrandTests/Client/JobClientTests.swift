import Errand
import ErrandTesting
import FoundationEssentials
import Testing

@Suite("The client", .timeLimit(.minutes(5)))
struct JobClientTests {
    struct SendEmail: JobParameters, Equatable {
        static let jobName = "SendEmail"
        let to: String
    }

    @Test("a type's defaults and check apply to what is submitted")
    func defaults() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", queue: "mail", timeout: .seconds(30), maxAttempts: 7) { (_: Invoice, _) in }
        bench.handlers.admit("send") { job throws(JobStoreError) in
            if job.priority > 5 { throw JobStoreError(.invalid, "too patient", pointer: "/priority") }
            job.projectId = "p"
        }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        let job = try await bench.client.job(.number(inserted.number))
        #expect(job.queue == "mail" && job.maxAttempts == 7 && job.timeoutSeconds == 30 && job.projectId == "p")
        let error = await #expect(throws: JobStoreError.self) {
            try await bench.client.submit("send", Invoice(number: 1), options: SubmitOptions(priority: 6))
        }
        #expect(error?.pointer == "/0/priority")
    }

    @Test("a submit with an id is the same when its type's defaults have changed since")
    func repeated() async throws {
        let store = MemoryJobStore()
        func client(_ type: JobType) -> JobClient {
            var types = JobTypes()
            types.register(type)
            return JobClient(store: store, types: types)
        }
        let before = client(JobType("send", queue: "mail", maxAttempts: 7, timeoutSeconds: 30))
        let now = client(JobType("send", queue: "post", maxAttempts: 2, timeoutSeconds: 3))
        var options = SubmitOptions()
        options.id = JobIDGenerator().next(at: .now)
        let first = try await before.submit("send", Invoice(number: 1), options: options)
        let again = try await now.submit("send", Invoice(number: 1), options: options)
        #expect(again.outcome == .replayed && again.number == first.number)
        options.maxAttempts = 2
        let other = options
        let error = await #expect(throws: JobStoreError.self) {
            try await now.submit("send", Invoice(number: 1), options: other)
        }
        #expect(error?.code == .idempotencyMismatch)
    }

    @Test("an unknown type is refused when the types are known")
    func unknownType() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, _) in }
        let client = bench.client
        let typed = await #expect(throws: JobStoreError.self) { try await client.submit("sent", Invoice(number: 1)) }
        #expect(typed?.code == .invalid && typed?.pointer == "/0/type")
        #expect(typed?.message.contains("send") == true)
        let raw = await #expect(throws: JobStoreError.self) { try await client.submit([NewJob(type: "sent")]) }
        #expect(raw?.pointer == "/0/type")
        let tracked = try await client.track(NewJob(type: "sent"), startsRunning: true)
        #expect(try await client.status(.id(tracked.id)) == .running)
    }

    @Test("swift-jobs' registerJob and push work together")
    func push() async throws {
        var bench = WorkerBench()
        bench.handlers.registerJob(
            parameters: SendEmail.self,
            retryStrategy: .exponentialJitter(maxAttempts: 4),
            timeout: .seconds(30)
        ) { parameters, context in
            context.progress(10)
            return parameters.to
        }
        let options = SubmitOptions(delayUntil: Moment(clamping: bench.clock.now().wall), priority: -1)
        let inserted = try await bench.client.push(SendEmail(to: "ada"), options: options)
        try await bench.whileWorking { client in
            let result = try await client.result(of: .id(inserted.id), as: String.self)
            #expect(result == "ada")
        }
        let job = try await bench.client.job(.id(inserted.id))
        #expect(job.maxAttempts == 4 && job.timeoutSeconds == 30 && job.priority == -1)
    }

    @Test("the result of a failed job is its failure")
    func failedResult() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", retry: .never) { (_: Invoice, _) in throw Broken() }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            let error = await #expect(throws: JobFailedError.self) {
                try await client.result(of: .id(inserted.id), as: Receipt.self)
            }
            #expect(error?.status == .failed)
            #expect(error?.failure?.message == "the printer is out of paper")
        }
    }

    @Test("waiting ends with the job as it is when the time is up")
    func timeout() async throws {
        let bench = WorkerBench()
        let client = JobClient(store: bench.memory)
        let inserted = try await client.submit(NewJob(type: "send"))
        #expect(try await client.wait(for: .id(inserted.id), timeout: .milliseconds(1)).status == .queued)
    }

    @Test("changes are states that end with the end")
    func states() async throws {
        let bench = WorkerBench()
        let client = JobClient(store: bench.memory)
        let inserted = try await client.track(NewJob(type: "send"), startsRunning: true)
        var states = client.changes(of: .id(inserted.id)).makeAsyncIterator()
        #expect(try await states.next()?.status == .running)
        var update = TrackedUpdate()
        update.progress = 30
        try await client.update(.id(inserted.id), with: update)
        #expect(try await states.next()?.progress == 30)
        update.status = .completed
        try await client.update(.id(inserted.id), with: update)
        #expect(try await states.next()?.status == .completed)
        #expect(try await states.next() == nil)
    }

    @Test("waiting goes on when the store's changes do not come")
    func polled() async throws {
        let bench = WorkerBench()
        let silent = ChangeHub()
        bench.store.tap { $0.changes = { interest in silent.subscribe(interest) } }
        let client = JobClient(store: bench.store, pollInterval: .milliseconds(1))
        let inserted = try await client.submit(NewJob(type: "send"))
        var states = client.changes(of: .id(inserted.id)).makeAsyncIterator()
        _ = try await states.next()
        try await client.cancel(.id(inserted.id))
        #expect(try await states.next()?.status == .cancelled)
    }

    @Test("all jobs are listed page by page")
    func list() async throws {
        let bench = WorkerBench()
        let client = JobClient(store: bench.memory)
        let jobs = try await client.submit((0..<25).map { _ in NewJob(type: "send") })
        var numbers: [Int64] = []
        for try await job in client.jobs(pageSize: 10) { numbers.append(job.number) }
        #expect(numbers == jobs.map(\.number).reversed())
    }

    @Test("a paused queue is not claimed from until it is resumed")
    func pause() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, _) in }
        bench.handlers.register("other", queue: "other") { (_: Invoice, _) in }
        try await bench.client.pause(queue: "default", by: "ada", reason: "repairs")
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        let other = try await bench.client.submit("other", Invoice(number: 1))
        try await bench.whileWorking { client in
            _ = try await client.wait(for: .id(other.id))
            let status = try await client.status(.id(inserted.id))
            #expect(status == .queued)
            try await client.resume(queue: "default")
            let job = try await client.wait(for: .id(inserted.id))
            #expect(job.status == .completed)
        }
    }

    @Test("cancel, retry and delete are calls of their own")
    func operate() async throws {
        let bench = WorkerBench()
        let client = JobClient(store: bench.memory)
        let inserted = try await client.submit(NewJob(type: "send"))
        let job = JobReference.id(inserted.id)
        #expect(try await client.cancel(job, reason: "wrong one").error == "wrong one")
        #expect(try await client.retry(job).status == .queued)
        try await client.cancel(job)
        try await client.delete(job)
        let error = await #expect(throws: JobStoreError.self) { try await client.job(job) }
        #expect(error?.code == .gone)
    }
}
