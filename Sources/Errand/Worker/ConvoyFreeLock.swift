// pthread_mutex_t, which Synchronization does not wrap.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A value behind a lock that many threads take for a moment each, over and over.
///
/// On Linux, `Synchronization.Mutex` passes the lock on to whoever waits for it. Two threads that share a core and take
/// it again and again then change places at every turn, which costs more than what they do; a POSIX mutex may be taken
/// again by the thread that runs.
///
/// `@unchecked`: the value is only touched while the mutex is held.
final class ConvoyFreeLock<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
