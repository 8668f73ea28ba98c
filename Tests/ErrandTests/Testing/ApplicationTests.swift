import Errand
import ErrandTesting
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ApplicationTests {
    struct Greeting: JobParameters, Equatable {
        static let jobName = "greeting"
        let name: String
    }

    static let handlers: JobHandlers = {
        var handlers = JobHandlers()
        handlers.registerJob(parameters: Greeting.self) { greeting, context in
            if greeting.name == "broken" && context.attempt == 1 { throw JobError.retry(after: .seconds(60)) }
            if greeting.name == "many" {
                for name in ["a", "b"] { try context.submit("greeting", Greeting(name: name)) }
            }
            return "Hello, \(greeting.name)!"
        }
        return handlers
    }()

    @Test func `an application's test sees what was submitted and runs it`() async throws {
        let jobs = TestJobs(Self.handlers)
        try await jobs.client.push(Greeting(name: "Ann"))
        #expect(try await jobs.submitted(Greeting.self) == [Greeting(name: "Ann")])
        try await jobs.runAll()
        #expect(try await jobs.submitted("greeting").map(\.result?.string) == [#""Hello, Ann!""#])
    }

    @Test func `what jobs submit runs too, and nothing to run is no wait`() async throws {
        let jobs = TestJobs(Self.handlers)
        try await jobs.runAll()
        try await jobs.client.push(Greeting(name: "many"))
        try await jobs.runAll()
        let submitted = try await jobs.submitted("greeting")
        #expect(submitted.map(\.status) == [.completed, .completed, .completed])
    }

    @Test func `a retry waits until the test moves the clock`() async throws {
        let jobs = TestJobs(Self.handlers)
        try await jobs.client.push(Greeting(name: "broken"))
        try await jobs.runAll()
        #expect(try await jobs.submitted("greeting").map(\.status) == [.queued])
        jobs.advance(by: .seconds(60))
        try await jobs.runAll()
        #expect(try await jobs.submitted("greeting").map(\.status) == [.completed])
    }

    @Test(arguments: JobFactory.State.allCases)
    func `a job is made in each state`(_ state: JobFactory.State) async throws {
        let made = try await JobFactory(store: MemoryJobStore()).make(state)
        let expected: JobStatus =
            switch state {
            case .ready, .scheduled, .blocked, .retrying, .tracked: .queued
            case .running, .trackedRunning: .running
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            }
        #expect(made.job.status == expected)
        #expect((made.lease != nil) == [.retrying, .running, .completed, .failed].contains(state))
        #expect((made.job.blockedBy == 1) == (state == .blocked))
    }
}
