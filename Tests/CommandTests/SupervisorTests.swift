#if Server
import Errand
import ErrandTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ErrandCommand

@Suite("Keeping processes running", .timeLimit(.minutes(5)))
struct SupervisorTests {
    @Test("a process that keeps ending waits twice as long each time, up to a limit, until it runs well")
    func delays() {
        var delay = RestartDelay()
        var highest: any RandomNumberGenerator & Sendable = Constant(value: .max)
        let waits = (0..<9).map { _ in delay.next(after: .signaled(9), uptime: .zero, using: &highest) }
        let expected = [0.5, 1, 2, 4, 8, 16, 30, 30, 30].map { Duration.seconds($0) + .milliseconds(100) }
        #expect(waits == expected)
        #expect(delay.next(after: .signaled(9), uptime: .seconds(59), using: &highest) == expected[8])
        #expect(delay.next(after: .signaled(9), uptime: .seconds(60), using: &highest) == expected[0])
        #expect(delay.next(after: .signaled(9), uptime: .zero, using: &highest) == expected[1])
        // Not zero: a generator that gives nothing else is asked again for ever by `random(in:using:)`.
        var lowest: any RandomNumberGenerator & Sendable = Constant(value: 1)
        #expect(delay.next(after: .signaled(9), uptime: .zero, using: &lowest) == .milliseconds(100))
    }

    @Test("only ends that starting again would repeat are final")
    func ends() {
        #expect(ProcessEnd.exited(ExitStatus.configuration.rawValue).finalStatus == .configuration)
        #expect(ProcessEnd.exited(ExitStatus.usage.rawValue).finalStatus == .usage)
        #expect(ProcessEnd.exited(ExitStatus.noInput.rawValue).finalStatus == .noInput)
        let others: [ProcessEnd] = [
            .exited(0), .exited(69), .exited(1), .signaled(ExitStatus.configuration.rawValue), .notStarted("no memory"),
        ]
        for end in others { #expect(end.finalStatus == nil, "\(end)") }
    }

    @Test("a process that ended is started again once its wait is over, and the others are left alone")
    func restart() async throws {
        let bench = SupervisorBench(count: 2)
        try await bench.whileSupervising { group in
            for _ in 0..<2 { _ = try await bench.started() }
            bench.processes.end(1, .signaled(9))
            await bench.clock.sleepers(atLeast: 1)
            bench.clock.advance(by: .milliseconds(599))
            #expect(bench.processes.running == [2])
            bench.clock.advance(by: .milliseconds(1))
            #expect(try await bench.started() == 3)
            #expect(bench.processes.running == [2, 3])
            await group.triggerGracefulShutdown()
        }
        #expect(bench.processes.running.isEmpty && bench.processes.stopped == [2, 3])
    }

    @Test("a stop is not held up by a process that waits to be started again")
    func stopWhileWaiting() async throws {
        let bench = SupervisorBench(count: 1)
        try await bench.whileSupervising { group in
            _ = try await bench.started()
            bench.processes.end(1, .exited(70))
            await bench.clock.sleepers(atLeast: 1)
            await group.triggerGracefulShutdown()
        }
        #expect(bench.processes.stopped.isEmpty)
    }

    @Test("an end that starting again would repeat stops all processes, and is the supervisor's own")
    func final() async throws {
        let bench = SupervisorBench(count: 3)
        let failure = await #expect(throws: CommandFailure.self) {
            try await bench.whileSupervising { _ in
                for _ in 0..<3 { _ = try await bench.started() }
                bench.processes.end(2, .exited(ExitStatus.configuration.rawValue))
            }
        }
        #expect(failure?.status == .configuration)
        #expect(bench.processes.running.isEmpty && bench.processes.stopped == [1, 3])
    }
}

/// A supervisor of processes that only seem to run, on a clock that stands still.
private struct SupervisorBench {
    let count: Int
    let clock = ManualClock()
    let processes = Pretended()

    /// Waits until one more process runs, and answers which: they are numbered in the order they start.
    func started() async throws -> Int {
        for await number in processes.starts { return number }
        throw CancellationError()
    }

    /// Supervises until the body has stopped it.
    func whileSupervising(_ body: (ServiceGroup) async throws -> Void) async throws {
        let clock = clock
        let supervisor = Supervisor(
            count: count,
            timing: WorkerTiming(
                now: { clock.now().steady },
                wall: { clock.now().wall },
                sleep: { try await clock.sleep(until: ManualClock.Instant(offset: $0)) }
            ),
            random: SharedRandom(Constant(value: .max)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            launch: { [processes] in await processes.run() }
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: [supervisor], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(group)
            try await tasks.waitForAll()
        }
    }
}

/// Processes that end when a test says so, or when they are told to.
private final class Pretended: Sendable {
    private struct State {
        var count = 0
        var running: [Int: CheckedContinuation<ProcessEnd, Never>] = [:]
        var stopped: Set<Int> = []
    }

    private let state = Mutex(State())
    let starts: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation

    init() { (starts, continuation) = AsyncStream.makeStream() }

    var running: Set<Int> { state.withLock { Set($0.running.keys) } }
    var stopped: Set<Int> { state.withLock { $0.stopped } }

    func end(_ number: Int, _ end: ProcessEnd) {
        state.withLock { $0.running.removeValue(forKey: number) }?.resume(returning: end)
    }

    func run() async -> ProcessEnd {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { end in
                state.withLock { $0.running[number] = end }
                // A cancellation that came before found nothing to end.
                if Task.isCancelled { stop(number) }
                continuation.yield(number)
            }
        } onCancel: {
            stop(number)
        }
    }

    private func stop(_ number: Int) {
        let end = state.withLock { state in
            let end = state.running.removeValue(forKey: number)
            if end != nil { state.stopped.insert(number) }
            return end
        }
        end?.resume(returning: .exited(0))
    }
}

/// Chance that always falls the same way.
private struct Constant: RandomNumberGenerator, Sendable {
    let value: UInt64
    mutating func next() -> UInt64 { value }
}
#endif
