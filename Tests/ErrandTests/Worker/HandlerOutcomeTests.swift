import Errand
import ErrandTesting
import Synchronization
import Testing

@Suite("What a handler's return and errors mean", .timeLimit(.minutes(5)))
struct HandlerOutcomeTests {
    @Test("a returned value becomes the result")
    func returnedValue() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", queue: "mail") { (invoice: Invoice, _) in Receipt(total: invoice.number * 2) }
        let job = try await bench.run("send", Invoice(number: 21))
        #expect(job.status == .completed)
        #expect(job.queue == "mail")
        #expect(job.progress == 100)
        #expect(try job.result?.decode(as: Receipt.self) == Receipt(total: 42))
    }

    @Test("a handler without a return value leaves no result")
    func noValue() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, context) in context.log("sent") }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .completed)
        #expect(job.result == nil && job.resultType == nil)
        #expect(try await bench.client.logs(.id(job.id)).map(\.line.message) == ["sent"])
    }

    @Test("a handler can say where its result is and which files it made")
    func placedResult() async throws {
        var bench = WorkerBench()
        let file = JobFile(name: "out.csv", key: "k", size: 3, sha256: "ab", contentType: "text/csv")
        bench.handlers.register(raw: "export") { context in
            context.file(file)
            return JobResult(type: .url, location: "/files/k")
        }
        let job = try await bench.run("export", Invoice(number: 1))
        #expect(job.resultLocation == "/files/k")
        #expect(try await bench.client.files(.id(job.id)) == [file])
    }

    @Test("a result that is not as the type's schema says fails the run, which is tried again")
    func schema() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", retry: .constant(.zero), maxAttempts: 2) { (invoice: Invoice, context) in
            Receipt(total: invoice.number * context.attempt)
        }
        let schema = try JSONSchema(JSONText(validating: #"{"properties":{"total":{"minimum":4}}}"#))
        bench.handlers.describe("send", JobTypeDescription(resultSchema: schema))
        let job = try await bench.run("send", Invoice(number: 2))
        #expect(job.status == .completed && job.attempt == 2)
        #expect(job.errors.map(\.code) == [JobFailure.Code.invalidResult])
        #expect(job.errors.map(\.message) == ["The result at /total must be at least 4; it is 2."])
    }

    @Test("an error is tried again by policy, and its text is the failure")
    func retried() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", retry: .constant(.zero), maxAttempts: 3) { (_: Invoice, _) in throw Broken() }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .failed)
        #expect(job.attempt == 3)
        #expect(job.error == "the printer is out of paper")
        #expect(job.failure?.code == "failed")
        #expect(job.errors.map(\.attempt) == [1, 2, 3])
    }

    @Test("a permanent error ends the job whatever budget is left")
    func permanent() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, _) in
            throw JobError.permanent("No such customer.", code: "no_customer")
        }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .failed && job.attempt == 1)
        #expect(job.failure == JobFailure(code: "no_customer", message: "No such customer."))
    }

    @Test("a policy that gives up ends the job")
    func never() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", retry: .never) { (_: Invoice, _) in throw Broken() }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .failed && job.maxAttempts == 1)
    }

    @Test("retry(after:) is charged, snooze is not", arguments: [true, false])
    func delayed(isCharged: Bool) async throws {
        var bench = WorkerBench()
        let runs = Mutex(0)
        bench.handlers.register("send") { (_: Invoice, context) in
            if runs.withLock({
                $0 += 1
                return $0
            }) == 2 {
                return Receipt(total: context.attempt)
            }
            if isCharged { throw JobError.retry(after: .zero) }
            throw JobError.snooze(for: .zero)
        }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(try job.result?.decode(as: Receipt.self).total == (isCharged ? 2 : 1))
        #expect(job.fence == 2)
        #expect(job.errors.map(\.outcome) == [isCharged ? .failed : .snoozed])
    }

    @Test("a scheduled retry runs when its time has come")
    func scheduledRetry() async throws {
        var bench = WorkerBench()
        let failed = Gate()
        bench.handlers.register("send", retry: .constant(.seconds(3600))) { (_: Invoice, context) in
            if context.attempt == 1 { throw Broken() }
            return Receipt(total: context.attempt)
        }
        bench.store.tap { taps in taps.claimed = { if $0.nextDue != nil { failed.open() } } }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        let clock = bench.clock
        try await bench.whileWorking { client in
            try await failed.pass()
            clock.advance(by: .seconds(3600))
            #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
        }
    }

    @Test("swift-jobs' sleep is a snooze")
    func jobSleep() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, context) in
            if context.fence == 1 { throw JobSleep(for: .zero) }
        }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .completed && job.attempt == 1 && job.fence == 2)
    }

    @Test("a payload that cannot be decoded fails at once and names the place")
    func undecodable() async throws {
        var bench = WorkerBench()
        struct Order: Codable { var lines: [Invoice] }
        bench.handlers.register("send") { (_: Order, _) in }
        let job = try await bench.run("send", ["lines": [["number": "seven"]]])
        #expect(job.status == .failed && job.attempt == 1)
        #expect(job.failure?.code == JobFailure.Code.undecodablePayload)
        #expect(job.failure?.details?.string == #"{"pointer":"/lines/0/number"}"#)
        #expect(job.error?.contains("/lines/0/number") == true)
    }

    @Test("an error that knows its failure is taken at its word")
    func convertible() async throws {
        struct Known: JobFailureConvertible {
            var jobFailure: JobFailure { JobFailure(code: "known", message: "As expected.") }
        }
        var bench = WorkerBench()
        bench.handlers.register("send", retry: .never) { (_: Invoice, _) in throw Known() }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.failure == JobFailure(code: "known", message: "As expected."))
    }

    @Test("a result that is too large fails the job instead of the batch")
    func tooLarge() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, _) in String(repeating: "x", count: 300 * 1024) }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(job.status == .failed && job.failure?.code == "result_too_large")
    }

    @Test("jobs of unknown types are left alone")
    func unknownType() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send") { (_: Invoice, _) in }
        let other = try await JobClient(store: bench.memory).submit("other", Invoice(number: 1))
        _ = try await bench.run("send", Invoice(number: 1))
        let job = try await bench.client.job(.id(other.id))
        #expect(job.status == .queued && job.attempt == 0 && job.rev == 1)
    }
}
