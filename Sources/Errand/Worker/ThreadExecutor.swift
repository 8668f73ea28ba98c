import Synchronization

// Threads and condition variables: a thread that waits itself is what this is about.
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
// Where the whole module is compiled at once, the compiler finds timespec's members here first.
import SwiftOverlayShims
#endif

/// Runs tasks on one thread of its own, which also waits for them.
///
/// The tasks of Swift's global pool share as many threads as there are cores; handlers that compute or block for long
/// keep all of them busy. What must not wait for handlers runs here.
final class ThreadExecutor: TaskExecutor {
    private struct Timer {
        let key: UInt64
        let due: ContinuousClock.Instant
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var jobs: [UnownedJob] = []
        var timers: [Timer] = []
        var nextKey: UInt64 = 0
        var isStopped = false
    }

    private let condition = ThreadCondition()
    private let state = Mutex(State())

    /// Starts the thread; it ends after ``stop()``.
    init(name: String) {
        startThread { self.loop() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        condition.signal()
    }

    /// Ends the thread once nothing is left to do; no task may use it any more.
    func stop() {
        state.withLock { $0.isStopped = true }
        condition.signal()
    }

    /// Waits on the thread; throws when the task is cancelled first.
    func sleep(for duration: Duration) async throws {
        let due = ContinuousClock.now + duration.bounded
        let key = state.withLock { state in
            state.nextKey += 1
            return state.nextKey
        }
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.timers.append(Timer(key: key, due: due, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            take { $0.key == key }.first?.continuation.resume(returning: false)
        }
        if !isOver { throw CancellationError() }
    }

    private func take(_ isMeant: (Timer) -> Bool) -> [Timer] {
        state.withLock { state in
            let taken = state.timers.filter(isMeant)
            state.timers.removeAll(where: isMeant)
            return taken
        }
    }

    private func loop() {
        while true {
            let ticket = condition.ticket
            let now = ContinuousClock.now
            for timer in take({ $0.due <= now }) { timer.continuation.resume(returning: true) }
            let (jobs, next, isStopped) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.timers.map(\.due).min(), state.isStopped)
            }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if !jobs.isEmpty { continue }
            if isStopped { return }
            condition.wait(since: ticket, atMost: next.map { $0 - now })
        }
    }
}

/// Wakes a thread that waits, for a time at most; signals that come while it does not are counted.
private final class ThreadCondition: Sendable {
    // Only used through the functions made for concurrent use, and freed when nobody can use it any more.
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
    // The same.
    private nonisolated(unsafe) let condition: UnsafeMutablePointer<pthread_cond_t>
    private let signals = Atomic<UInt64>(0)

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
        pthread_cond_init(condition, nil)
        #else
        // The wall clock may jump; waiting must not.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var ticket: UInt64 { signals.load(ordering: .acquiring) }

    func signal() {
        pthread_mutex_lock(mutex)
        signals.add(1, ordering: .releasing)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits for a signal after the ticket was drawn, or until the time is up.
    func wait(since ticket: UInt64, atMost limit: Duration?) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard self.ticket == ticket else { return }
        guard let limit else {
            pthread_cond_wait(condition, mutex)
            return
        }
        timedWait(max(limit, .zero))
    }

    private func timedWait(_ limit: Duration) {
        let (seconds, attoseconds) = limit.bounded.components
        var time = timespec()
        #if canImport(Darwin)
        time.tv_sec = Int(seconds)
        time.tv_nsec = Int(attoseconds / 1_000_000_000)
        pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #else
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = Int(time.tv_nsec) + Int(attoseconds / 1_000_000_000)
        time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        pthread_cond_timedwait(condition, mutex, &time)
        #endif
    }
}

/// Carries what a thread does through C.
private final class ThreadBody {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    let argument = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    #if canImport(Darwin)
    var thread: pthread_t?
    let status = pthread_create(&thread, nil, { runThread($0) }, argument)
    #else
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, { runThread($0) }, argument)
    #endif
    precondition(status == 0, "cannot start a thread: error \(status)")
    #if canImport(Darwin)
    if let thread { pthread_detach(thread) }
    #else
    pthread_detach(thread)
    #endif
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
