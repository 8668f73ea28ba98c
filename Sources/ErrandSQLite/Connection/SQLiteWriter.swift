// Semaphores: the writer is a thread that sleeps, not a task.
import Dispatch
import Errand
// Thread, which FoundationEssentials does not have.
import Foundation
import Synchronization

/// The one thread that writes, and the queue in front of it.
///
/// Operations that wait when the thread comes back from a commit are committed together. The thread belongs to the
/// store and not to any caller: a caller only awaits a continuation, so a cancelled task cannot abort what others wait
/// for.
final class SQLiteWriter: Sendable {
    private struct State {
        var waiting: [any PendingWrite] = []
        var isAsleep = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let alarm = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    /// Starts the thread; `body` runs on it and calls ``run(_:)`` with the session it made.
    func start(_ body: @escaping @Sendable (SQLiteWriter) -> Void) {
        let thread = Thread { [self] in
            body(self)
            finished.signal()
        }
        thread.name = "errand-sqlite"
        thread.stackSize = 1 << 21
        thread.start()
    }

    /// Runs an operation on the writer thread within a transaction, and returns when it is durable.
    ///
    /// What the body did to the database and to the session's memory is undone when it throws or the commit fails.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteSession) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let result: Result<Value, JobStoreError> = await withUnsafeContinuation { continuation in
            let write = Write(body: body, continuation: continuation)
            guard enqueue(write) else {
                return continuation.resume(returning: .failure(JobStoreError.closed))
            }
        }
        return try result.get()
    }

    /// How many operations wait for the next commit.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Performs an operation whose caller hears of it by other means than awaiting it.
    ///
    /// - Returns: False when the writer is closed.
    func enqueue(_ write: any PendingWrite) -> Bool {
        let (accepted, wake) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(write)
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if wake { alarm.signal() }
        return accepted
    }

    /// Commits what waits, again and again, until the writer is closed and nothing waits.
    func run(_ session: SQLiteSession) {
        while let batch = nextBatch() { session.commit(batch) }
        session.endWaits()
    }

    private func nextBatch() -> [any PendingWrite]? {
        while true {
            let batch: [any PendingWrite]?? = state.withLock { state in
                if !state.waiting.isEmpty {
                    defer { state.waiting = [] }
                    return .some(state.waiting)
                }
                if state.isClosed { return .some(nil) }
                state.isAsleep = true
                return nil
            }
            if let batch { return batch }
            alarm.wait()
        }
    }

    /// Takes no more operations, and returns when the last one is committed and the thread has ended.
    func close() {
        let wasOpen = state.withLock { state in
            defer { (state.isClosed, state.isAsleep) = (true, false) }
            return !state.isClosed
        }
        guard wasOpen else { return }
        alarm.signal()
        finished.wait()
    }
}

extension JobStoreError {
    static let closed = JobStoreError(.unavailable, "The store is closed.")
}

/// An operation in the writer's queue.
protocol PendingWrite: AnyObject, Sendable {
    /// Does the work; the outcome is kept, and nobody hears of it yet.
    func perform(on session: SQLiteSession) -> JobStoreError?
    /// Tells the caller: the outcome, or why the commit failed.
    func finish(_ commitError: JobStoreError?)
}

/// `@unchecked`: the outcome is written and read by the writer thread alone.
private final class Write<Value: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (SQLiteSession) throws(JobStoreError) -> Value
    private let continuation: UnsafeContinuation<Result<Value, JobStoreError>, Never>
    private var outcome: Result<Value, JobStoreError>?

    init(
        body: @escaping @Sendable (SQLiteSession) throws(JobStoreError) -> Value,
        continuation: UnsafeContinuation<Result<Value, JobStoreError>, Never>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func perform(on session: SQLiteSession) -> JobStoreError? {
        do throws(JobStoreError) {
            outcome = .success(try body(session))
            return nil
        } catch {
            outcome = .failure(error)
            return error
        }
    }

    func finish(_ commitError: JobStoreError?) {
        if let commitError {
            continuation.resume(returning: .failure(commitError))
        } else {
            continuation.resume(
                returning: outcome ?? .failure(JobStoreError(.unavailable, "The operation was not performed."))
            )
        }
    }
}
