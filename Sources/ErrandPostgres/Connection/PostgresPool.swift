#if Postgres
// Semaphores: a connection's thread sleeps, it is no task.
import Dispatch
import Errand
// Thread, which FoundationEssentials does not have.
import Foundation
import Logging
import Synchronization

/// Threads with a connection each, and the queue in front of them.
///
/// libpq blocks, so its calls stay off Swift's cooperative threads. A caller only awaits a continuation: a cancelled
/// task abandons nothing that was begun. Threads are started as they are needed, and kept. Of those that sleep the last
/// to fall asleep is woken, whose connection and server process are the warmest. Where the server gives fewer
/// connections than there are threads, everything waits for those there are (``PoolState``).
final class PostgresPool: Sendable {
    enum Verdict {
        case done
        /// There was no connection, nothing was done, and nobody has been told of it.
        case refused(JobStoreError)
    }

    typealias Operation = @Sendable (PostgresLink) -> Verdict

    private let state: Mutex<PoolState>
    private let finished = DispatchSemaphore(value: 0)
    private let address: PostgresAddress
    let shortage: ConnectionShortage

    /// Makes a pool without threads.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - limit: How many connections at most.
    ///   - patience: How long something waits while there is no connection to be had at all; as long as a statement
    ///     may take when nil.
    ///   - logger: Where to say that there are fewer than that.
    init(
        _ address: PostgresAddress,
        limit: Int,
        patience: Duration? = nil,
        logger: Logger = Logger(label: "errand.postgres")
    ) {
        self.address = address
        let limit = max(1, limit)
        // A statement may be allowed to take as long as it likes.
        let usual = address.statementTimeout > .zero ? address.statementTimeout : .seconds(30)
        let patience = patience ?? usual
        state = Mutex(PoolState(limit: limit, patience: patience))
        shortage = ConnectionShortage(limit: limit, patience: patience, logger: logger)
    }

    /// Runs blocking work on a connection of its own.
    ///
    /// - Parameters:
    ///   - isRepeatable: Whether it may be begun again wherever it lost its connection, and found no other.
    ///   - body: The work.
    /// - Returns: What the work comes to.
    /// - Throws: What the work throws; `unavailable` where there was no connection for it.
    func run<Value: Sendable>(
        isRepeatable: Bool = false,
        _ body: @escaping @Sendable (PostgresLink) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let result: Result<Value, JobStoreError> = await withUnsafeContinuation { continuation in
            let operation: Operation = { link in
                do throws(JobStoreError) {
                    continuation.resume(returning: .success(try body(link)))
                } catch {
                    if link.mayTryAgain(after: error, isRepeatable: isRepeatable) { return .refused(error) }
                    continuation.resume(returning: .failure(error))
                }
                return .done
            }
            if !enqueue(operation) { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    /// Has work done whose caller hears of it by other means than awaiting it; false when the pool is closed.
    func enqueue(_ operation: @escaping Operation) -> Bool {
        guard let wake = state.withLock({ $0.add(operation) }) else { return false }
        perform(wake)
        return true
    }

    private func perform(_ wake: PoolState.Wake) {
        switch wake {
        case .nobody: break
        case .sleeper(let alarm): alarm.signal()
        case .newThread: startThread()
        }
    }

    // MARK: - A thread

    private func startThread() {
        let thread = Thread { [self] in
            let link = PostgresLink(address)
            let alarm = DispatchSemaphore(value: 0)
            var isConnected = false
            while let item = next(alarm, isConnected: isConnected) { serve(item, on: link, &isConnected) }
            link.close()
            finished.signal()
        }
        thread.name = "errand-postgres"
        thread.stackSize = 1 << 21
        thread.start()
    }

    private func next(_ alarm: DispatchSemaphore, isConnected: Bool) -> PoolState.Item? {
        while true {
            switch state.withLock({ $0.step(of: alarm, isConnected: isConnected) }) {
            case .take(let item): return item
            case .end: return nil
            case .sleep(nil): alarm.wait()
            case .sleep(.some(let end)):
                let pause = max(.zero, ContinuousClock.now.duration(to: end))
                _ = alarm.wait(timeout: .now() + .milliseconds(Int(pause.wholeMilliseconds) + 1))
            }
        }
    }

    private func serve(_ item: PoolState.Item, on link: PostgresLink, _ isConnected: inout Bool) {
        if !link.isUsable {
            note(false, &isConnected)
            do throws(JobStoreError) {
                _ = try link.connection()
                note(true, &isConnected)
            } catch {
                if putBack(item, error) { return }
            }
        }
        // What was not put back now will not be later.
        link.isLastTry = !link.isConnected || state.withLock { $0.isClosed || $0.isOverdue(item) }
        link.mark()
        let verdict = item.operation(link)
        note(link.isConnected, &isConnected)
        guard case .refused(let error) = verdict, !putBack(item, error) else { return }
        link.isLastTry = true
        _ = item.operation(link)
        note(link.isConnected, &isConnected)
    }

    /// Counts a thread's connection that was made or lost.
    private func note(_ isConnectedNow: Bool, _ isConnected: inout Bool) {
        guard isConnectedNow != isConnected else { return }
        isConnected = isConnectedNow
        let (wake, count) = state.withLock { state -> (PoolState.Wake, Int) in
            let wake = isConnectedNow ? state.connect() : .nobody
            if !isConnectedNow { state.disconnect() }
            return (wake, state.connected)
        }
        if isConnectedNow { shortage.connected(count) } else { shortage.lost(count) }
        perform(wake)
    }

    private func putBack(_ item: PoolState.Item, _ error: JobStoreError) -> Bool {
        let (wake, count) = state.withLock { ($0.putBack(item, error), $0.connected) }
        guard let wake else { return false }
        // A server that is away is no shortage, and soon found to be away by the others.
        if error.isRefusal { shortage.refused(error, open: count) }
        perform(wake)
        return true
    }

    /// Takes no more operations, and returns when the last one is done and every connection closed.
    func close() {
        let (threads, sleepers) = state.withLock { state -> (Int, [DispatchSemaphore]) in
            guard !state.isClosed else { return (0, []) }
            return (state.threads, state.close())
        }
        for alarm in sleepers { alarm.signal() }
        for _ in 0..<threads { finished.wait() }
    }
}

extension PostgresLink {
    /// Whether work that failed is to be put back: there was no connection to be had for it, and nothing was done.
    func mayTryAgain(after error: JobStoreError, isRepeatable: Bool = false) -> Bool {
        !isLastTry && !isConnected && error.isRefusal && (isRepeatable || hasDoneNothing)
    }
}
#endif
