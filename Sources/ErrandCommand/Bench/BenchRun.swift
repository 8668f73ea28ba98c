#if Server
import Errand
import FoundationEssentials
import Logging
import Synchronization

/// One workload on a store of its own, which is deleted afterwards.
struct BenchRun {
    struct Payload: Codable, Sendable { var n: Int }

    let workload: Workload
    let jobs: Int
    let scale: Double
    let place: BenchPlace

    private static let type: Name = "noop"
    private static let jobsPerCall = 1000
    private static let submitters = 64
    private static let pause = Duration.milliseconds(20)

    init(workload: Workload, scale: Double, place: BenchPlace) {
        (self.workload, self.scale, self.place) = (workload, scale, place)
        // Whole batches, so that every size does the same kind of work.
        jobs = max(Self.jobsPerCall / 10, Int(saturating: Double(workload.jobs) * scale))
    }

    func measure() async throws -> Measurement {
        try await place.withStore { store in
            // What is there already is none of this run's business.
            let completed = try await Self.completed(JobClient(store: store))
            if workload == .w3 || workload == .w3x2 { try await submitInCalls(JobClient(store: store)) }
            ProcessUsage.resetPeak()
            let before = ProcessUsage.now
            let figure = try await figure(store, completed: completed + jobs)
            return Measurement(workload: workload, jobs: jobs, figure: figure, usage: ProcessUsage.now.since(before))
        }
    }

    /// Works as the second process of a run that another began, until it is ended.
    func join() async throws {
        try await place.withStore { store in try await worker(store) { _ in }.run() }
    }

    private static func completed(_ client: JobClient) async throws -> Int {
        try await client.counts(by: .type)[type]?.completed ?? 0
    }

    private func figure(_ store: any JobStore, completed: Int) async throws -> Measurement.Figure {
        let client = JobClient(store: store)
        let start = ContinuousClock.now
        switch workload {
        case .w1: for n in 0..<jobs { try await client.submit(Self.type, Payload(n: n)) }
        case .w1c: try await submitConcurrently(client)
        case .w2: try await submitInCalls(client)
        case .w3: try await drain(store, until: completed)
        case .w3x2: try await drainTogether(store, until: completed)
        case .w4: return try await latency(store)
        }
        return .rate(perSecond: Double(jobs) / (start.duration(to: .now) / .seconds(1)))
    }

    // MARK: - Submitting

    private func submitConcurrently(_ client: JobClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for submitter in 0..<Self.submitters {
                group.addTask { [jobs] in
                    for n in stride(from: submitter, to: jobs, by: Self.submitters) {
                        try await client.submit(Self.type, Payload(n: n))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func submitInCalls(_ client: JobClient) async throws {
        for first in stride(from: 0, to: jobs, by: Self.jobsPerCall) {
            let payloads = (first..<min(first + Self.jobsPerCall, jobs)).map { Payload(n: $0) }
            try await client.submit(Self.type, all: payloads)
        }
    }

    // MARK: - Running

    /// Says what went wrong, and nothing else.
    static let logger = Logger(label: "errand.bench") { LineLogHandler(label: $0, format: .text, level: .error) }

    private func worker(_ store: any JobStore, run: @escaping @Sendable (Int) -> Void) -> Worker {
        var handlers = JobHandlers()
        handlers.register(Self.type) { (payload: Payload, _) in run(payload.n) }
        var options = WorkerOptions()
        options.logger = Self.logger
        return Worker(store: store, handlers: handlers, options: options)
    }

    /// Runs what is stored until so many are completed, in the store and not only in the worker.
    private func drain(_ store: any JobStore, until completed: Int) async throws {
        let (allRan, continuation) = AsyncStream<Void>.makeStream()
        let left = Atomic(jobs)
        let worker = worker(store) { _ in
            if left.subtract(1, ordering: .relaxed).newValue == 0 { continuation.finish() }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            for await _ in allRan {}
            try await Self.waitUntil(completed, in: store, pause: .milliseconds(1))
            group.cancelAll()
        }
    }

    /// The same with a second process beside this one, which is counted from its start on.
    private func drainTogether(_ store: any JobStore, until completed: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await place.runBeside(["--join", "--scale", "\(scale)"]) }
            group.addTask { try await worker(store) { _ in }.run() }
            try await Self.waitUntil(completed, in: store, pause: .milliseconds(5))
            group.cancelAll()
        }
    }

    private static func waitUntil(_ completed: Int, in store: any JobStore, pause: Duration) async throws {
        let client = JobClient(store: store)
        while try await Self.completed(client) < completed { try await Task.sleep(for: pause) }
    }

    /// Submits one job at a time to an idle worker, and looks when its handler starts.
    private func latency(_ store: any JobStore) async throws -> Measurement.Figure {
        let started = Mutex([ContinuousClock.Instant?](repeating: nil, count: jobs))
        let (allRan, continuation) = AsyncStream<Void>.makeStream()
        let left = Atomic(jobs)
        let worker = worker(store) { n in
            let now = ContinuousClock.now
            started.withLock { $0[n] = now }
            if left.subtract(1, ordering: .relaxed).newValue == 0 { continuation.finish() }
        }
        let submitted = try await withThrowingTaskGroup(of: Void.self) { [jobs] group in
            group.addTask { try await worker.run() }
            let client = JobClient(store: store)
            var submitted: [ContinuousClock.Instant] = []
            var next = ContinuousClock.now + .milliseconds(200)
            for n in 0..<jobs {
                try await Task.sleep(until: next, clock: .continuous)
                submitted.append(.now)
                try await client.submit(Self.type, Payload(n: n))
                next += Self.pause
            }
            for await _ in allRan {}
            group.cancelAll()
            return submitted
        }
        let latencies = started.withLock { started in
            zip(submitted, started).compactMap { from, to in to.map { from.duration(to: $0) } }.sorted()
        }
        return .latency(p50: latencies.percentile(0.5), p99: latencies.percentile(0.99))
    }
}

extension [Duration] {
    /// The value that a share of the sorted values does not exceed.
    fileprivate func percentile(_ share: Double) -> Duration {
        guard !isEmpty else { return .zero }
        return self[Swift.min(count - 1, Int(saturating: Double(count) * share))]
    }
}
#endif
