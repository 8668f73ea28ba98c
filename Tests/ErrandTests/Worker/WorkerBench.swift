import Errand
import ErrandTesting
import Logging

/// A store in memory, a clock that stands still, and a worker on both.
struct WorkerBench {
    let clock: ManualClock
    let memory: MemoryJobStore
    let store: TappedStore
    var handlers = JobHandlers()
    var options: WorkerOptions

    init(concurrency: Int = 2) {
        clock = ManualClock()
        memory = MemoryJobStore(clock: clock)
        store = TappedStore(memory)
        options = WorkerOptions(concurrency: concurrency)
        options.reapInterval = nil
        options.pruneInterval = nil
        options.random = SeededRandom(seed: 17)
        options.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }

    var client: JobClient { JobClient(store: memory, types: handlers.types) }

    var worker: Worker {
        let clock = clock
        let timing = WorkerTiming(
            now: { clock.now().steady },
            wall: { clock.now().wall },
            sleep: { try await clock.sleep(until: ManualClock.Instant(offset: $0)) }
        )
        return Worker(store: store, handlers: handlers, options: options, timing: timing)
    }

    /// A bench whose worker knows a type and has nothing to say about its jobs.
    init(handling type: Name) {
        self.init()
        handlers.register(type) { (_: Invoice, _) in }
    }

    /// Runs the worker while the body runs, then stops it hard and waits for it.
    func whileWorking(
        _ body: (JobClient) async throws -> Void,
        whileStopping: () -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [worker] in try await worker.run() }
            defer { group.cancelAll() }
            try await body(client)
            group.cancelAll()
            whileStopping()
            try await group.waitForAll()
        }
    }

    /// Waits until a graceful shutdown has reached the worker: the heartbeat, the poll and the grace period sleep then.
    func untilDraining() async { await clock.sleepers(atLeast: 3) }

    /// Submits a job, runs it to its end, and gives it back.
    func run(_ type: Name, _ payload: some Encodable) async throws -> Job {
        let inserted = try await client.submit(type, payload)
        try await whileWorking { client in _ = try await client.wait(for: .id(inserted.id)) }
        return try await client.job(.id(inserted.id))
    }
}

/// Payloads of the tests.
struct Invoice: Codable, Sendable, Equatable {
    var number: Int
}

/// A result of the tests.
struct Receipt: Codable, Sendable, Equatable {
    var total: Int
}

/// An error of the tests.
struct Broken: Error, CustomStringConvertible {
    var description = "the printer is out of paper"
}
