import Errand
import ErrandTesting
import Synchronization
import Testing

@Suite("Middleware and error reports", .timeLimit(.minutes(5)))
struct MiddlewareTests {
    final class Trail: Sendable {
        private let steps = Mutex<[String]>([])
        func add(_ step: String) { steps.withLock { $0.append(step) } }
        var all: [String] { steps.withLock { $0 } }
    }

    struct Marking: JobMiddleware {
        let name: String
        let trail: Trail

        func around(
            _ context: JobContext,
            next: () async throws -> JobResult
        ) async throws -> JobResult {
            trail.add("\(name) before")
            defer { trail.add("\(name) after") }
            return try await next()
        }
    }

    struct Answering: JobMiddleware {
        func around(
            _ context: JobContext,
            next: () async throws -> JobResult
        ) async throws -> JobResult {
            JobResult(try JSONText.encode(Receipt(total: 7)))
        }
    }

    @Test("the first middleware is the outermost")
    func order() async throws {
        var bench = WorkerBench()
        let trail = Trail()
        bench.options.middleware = [Marking(name: "a", trail: trail), Marking(name: "b", trail: trail)]
        bench.handlers.register("send") { (_: Invoice, _) in trail.add("run") }
        _ = try await bench.run("send", Invoice(number: 1))
        #expect(trail.all == ["a before", "b before", "run", "b after", "a after"])
    }

    @Test("middleware may answer without the handler")
    func answered() async throws {
        var bench = WorkerBench()
        bench.options.middleware = [Answering()]
        bench.handlers.register("send") { (_: Invoice, _) in Issue.record("the handler ran") }
        let job = try await bench.run("send", Invoice(number: 1))
        #expect(try job.result?.decode(as: Receipt.self).total == 7)
    }

    @Test("errors that fail a run are reported, snoozes are not")
    func reported() async throws {
        var bench = WorkerBench()
        let trail = Trail()
        bench.options.errorReporter = { context, error in trail.add("\(context.fence): \(error)") }
        bench.handlers.register("send", retry: .never) { (_: Invoice, context) in
            if context.fence == 1 { throw JobError.snooze(for: .zero) }
            throw Broken()
        }
        _ = try await bench.run("send", Invoice(number: 1))
        #expect(trail.all == ["2: the printer is out of paper"])
    }

    @Test("the token is the same for every attempt of a job, and no other job has it")
    func token() async throws {
        var bench = WorkerBench()
        let trail = Trail()
        bench.handlers.register("send", retry: .constant(.zero), maxAttempts: 2) { (_: Invoice, context) in
            trail.add(context.idempotencyToken)
            throw Broken()
        }
        _ = try await bench.run("send", Invoice(number: 1))
        _ = try await bench.run("send", Invoice(number: 2))
        #expect(trail.all.count == 4)
        #expect(Set(trail.all).count == 2)
    }
}
