#if Postgres
// Semaphores: a connection's thread sleeps, it is no task.
import Dispatch
import Errand
// Thread, which FoundationEssentials does not have.
import Foundation
import Synchronization

/// Threads with a connection each, and the queue in front of them.
///
/// libpq blocks, so its calls stay off Swift's cooperative threads. A caller only awaits a continuation: a cancelled
/// task abandons nothing that was begun. Threads are started as they are needed, and kept. Of those that sleep the last
/// to fall asleep is woken, whose connection and server process are the warmest.
final class PostgresPool: Sendable {
    typealias Operation = @Sendable (PostgresLink) -> Void

    private struct State {
        var waiting: [Operation] = []
        /// The alarms of the threads that sleep.
        var idle: [DispatchSemaphore] = []
        var threads = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let finished = DispatchSemaphore(value: 0)
    private let address: PostgresAddress
    private let limit: Int

    init(_ address: PostgresAddress, limit: Int) {
        self.address = address
        self.limit = max(1, limit)
    }

    /// Runs blocking work on a connection of its own.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresLink) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let result: Result<Value, JobStoreError> = await withUnsafeContinuation { continuation in
            let operation: Operation = { link in
                do throws(JobStoreError) {
                    continuation.resume(returning: .success(try body(link)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !enqueue(operation) { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    /// Has work done whose caller hears of it by other means than awaiting it; false when the pool is closed.
    func enqueue(_ operation: @escaping Operation) -> Bool {
        let (accepted, alarm, starts) = state.withLock { state -> (Bool, DispatchSemaphore?, Bool) in
            guard !state.isClosed else { return (false, nil, false) }
            state.waiting.append(operation)
            if let alarm = state.idle.popLast() { return (true, alarm, false) }
            let starts = state.threads < limit
            if starts { state.threads += 1 }
            return (true, nil, starts)
        }
        alarm?.signal()
        if starts { startThread() }
        return accepted
    }

    private func startThread() {
        let thread = Thread { [self] in
            let link = PostgresLink(address)
            let alarm = DispatchSemaphore(value: 0)
            while let operation = next(alarm) { operation(link) }
            link.close()
            finished.signal()
        }
        thread.name = "errand-postgres"
        thread.stackSize = 1 << 21
        thread.start()
    }

    private func next(_ alarm: DispatchSemaphore) -> Operation? {
        while true {
            let operation: Operation?? = state.withLock { state in
                if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
                if state.isClosed { return .some(nil) }
                state.idle.append(alarm)
                return nil
            }
            if let operation { return operation }
            alarm.wait()
        }
    }

    /// Takes no more operations, and returns when the last one is done and every connection closed.
    func close() {
        let (threads, idle) = state.withLock { state -> (Int, [DispatchSemaphore]) in
            guard !state.isClosed else { return (0, []) }
            state.isClosed = true
            defer { state.idle = [] }
            return (state.threads, state.idle)
        }
        for alarm in idle { alarm.signal() }
        for _ in 0..<threads { finished.wait() }
    }
}
#endif
