import Errand
import ErrandTesting
import FoundationEssentials
import Testing
import Tracing

/// The spans of a job that a program submits and runs itself.
@Suite("Spans of messaging", .timeLimit(.minutes(5)))
struct MessagingSpanTests {
    private let tracer = RecordingTracer()

    @Test("a submit, its claim, its run and its end are a span each, and belong together")
    func together() async throws {
        var bench = WorkerBench()
        bench.handlers.register("send", queue: "mail") { (_: Invoice, _) in
            #expect(startSpan("inside").context.isEmpty == false)
        }
        let (id, caller) = try await withTracer(tracer) {
            let caller = startSpan("caller")
            let inserted = try await ServiceContext.withValue(caller.context) {
                try await bench.client.submit("send", Invoice(number: 1))
            }
            caller.end()
            try await bench.whileWorking { client in _ = try await client.wait(for: .id(inserted.id)) }
            return (inserted.id, try #require(tracer.ended("caller").first?.identity))
        }
        let send = try #require(tracer.ended("send mail").first)
        let creation = try #require(send.identity)
        #expect(send.parent == caller && send.kind == .producer && send.links.isEmpty)
        #expect(try await bench.client.job(.id(id)).traceparent == creation.traceparent)
        let receive = try #require(tracer.ended("receive mail").first)
        #expect(receive.parent == nil && receive.kind == .client && receive.links == [creation])
        let process = try #require(tracer.ended("process mail").first)
        #expect(process.parent == creation && process.kind == .consumer && process.links == [creation])
        #expect(process["errand.attempt"] == 1)
        let settle = try #require(tracer.ended("settle mail").first)
        #expect(settle.parent == nil && settle.kind == .client && settle.links == [creation])
        for span in [send, receive, process, settle] {
            let operation = SpanAttribute.string(String(span.name.prefix { $0 != " " }))
            #expect(span["messaging.system"] == "errand")
            #expect(span["messaging.operation.name"] == operation)
            #expect(span["messaging.operation.type"] == operation)
            #expect(span["messaging.destination.name"] == "mail")
            #expect(span["messaging.message.id"] == .string(id.description))
            #expect(span["messaging.batch.message_count"] == nil)
            #expect(span["error.type"] == nil && span.status == nil)
        }
        // Claims that brought nothing have left none.
        #expect(tracer.ended.count == 5)
    }

    @Test("several jobs share a span, which names the queue only where they share one")
    func batches() async throws {
        let bench = WorkerBench(handling: "send")
        let client = JobClient(store: bench.memory)
        try await withTracer(tracer) {
            try await client.submit([NewJob(type: "send"), NewJob(type: "send")])
            try await client.submit([NewJob(type: "send"), NewJob(type: "send", queue: "other")])
            try await bench.whileWorking { client in
                for number in 1...4 { _ = try await client.wait(for: .number(Int64(number))) }
            }
        }
        let same = try #require(tracer.ended("send default").first)
        #expect(same["messaging.batch.message_count"] == 2)
        #expect(same["messaging.message.id"] == nil)
        let mixed = try #require(tracer.ended("send").first)
        #expect(mixed["messaging.batch.message_count"] == 2)
        #expect(mixed["messaging.destination.name"] == nil)
        let creations = [same, same, mixed, mixed].compactMap(\.identity)
        func links(_ operation: String) -> [String] {
            tracer.ended.filter { $0.name.hasPrefix(operation) }.flatMap(\.links).map(\.traceparent).sorted()
        }
        for operation in ["receive", "process", "settle"] {
            #expect(links(operation) == creations.map(\.traceparent).sorted(), "\(operation)")
        }
    }

    @Test("what fails says why in a word")
    func failures() async throws {
        var bench = WorkerBench(concurrency: 1)
        bench.handlers.register("send", retry: .never) { (invoice: Invoice, context) in
            switch invoice.number {
            case 1: throw Broken()
            case 2: throw JobError.permanent("no such address", code: "no_address")
            default: if context.fence == 1 { throw JobError.snooze(for: .zero) }
            }
        }
        try await withTracer(tracer) {
            await #expect(throws: JobStoreError.self) {
                try await JobClient(store: bench.memory).submit(NewJob(type: ""))
            }
            for number in 1...3 { try await bench.client.submit("send", Invoice(number: number)) }
            try await bench.whileWorking { client in
                for number in 1...3 { _ = try await client.wait(for: .number(Int64(number))) }
            }
        }
        let refused = try #require(tracer.ended("send default").first)
        #expect(refused["error.type"] == "invalid" && refused.status == SpanStatus(code: .error))
        let runs = tracer.ended("process default")
        #expect(runs.map { $0["error.type"] } == ["Broken", "no_address", nil, nil])
        #expect(runs.map { $0.status == nil } == [false, false, true, true])
        #expect(runs.map(\.errors) == [["the printer is out of paper"], ["no such address"], [], []])
    }

    @Test("an end that the store cannot record, or refuses, says so")
    func settling() async throws {
        var bench = WorkerBench()
        let (store, settled, refused) = (bench.store, Gate(), Gate())
        store.tap { $0.settle = { _ in settled.open() } }
        bench.handlers.register("gone") { (_: Invoice, context) in
            _ = try await store.base.cancel(.id(context.id), reason: nil, scope: .default)
        }
        bench.handlers.register("send") { (_: Invoice, _) in
            store.tap { taps in
                taps.settle = { _ throws(JobStoreError) in
                    refused.open()
                    throw JobStoreError(.invalid, "not this way")
                }
            }
        }
        try await withTracer(tracer) {
            let gone = try await bench.client.submit("gone", Invoice(number: 1))
            try await bench.whileWorking { client in
                try await settled.pass()
                #expect(try await client.status(.id(gone.id)) == .cancelled)
                try await client.submit("send", Invoice(number: 2))
                try await refused.pass()
            }
        }
        let reasons = tracer.ended.filter { $0.name.hasPrefix("settle") }.map { $0["error.type"] }
        #expect(reasons.contains("fenced") && reasons.contains("invalid"))
    }

    @Test("a job with a context of its own keeps it; a tracked job is no message")
    func contexts() async throws {
        let client = JobClient(store: MemoryJobStore())
        let own = TraceIdentity(trace: String(repeating: "a", count: 32), span: String(repeating: "b", count: 16))
        let (carrying, tracked) = try await withTracer(tracer) {
            var job = NewJob(type: "send")
            job.traceparent = own.traceparent
            return (try await client.submit(job), try await client.track(NewJob(type: "crawl")))
        }
        #expect(try await client.job(.id(carrying.id)).traceparent == own.traceparent)
        #expect(try await client.job(.id(tracked.id)).traceparent == nil)
        #expect(tracer.ended.map(\.links) == [[own]])
    }

    @Test("where nobody traces nothing is stored with a job")
    func untraced() async throws {
        let client = JobClient(store: MemoryJobStore())
        let inserted = try await client.submit(NewJob(type: "send"))
        #expect(try await client.job(.id(inserted.id)).traceparent == nil)
    }
}
