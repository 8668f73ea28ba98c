#if Postgres
import Errand
// poll and pipe: the listener waits for the server's socket and for being closed, at once.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Ends a thread's wait on a socket from another thread.
final class WakePipe: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(JobStoreError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw JobStoreError(.unavailable, "No pipe could be made: \(errno).") }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the present wait and every later one.
    func wake() {
        var byte: UInt8 = 1
        // A pipe that is full wakes as well.
        _ = write(writeEnd, &byte, 1)
    }

    /// Waits for the time or for ``wake()``, and until a socket has something to read where one is given.
    func wait(orReadable socket: Int32 = -1, atMost duration: Duration) {
        // Rounded up: who waits for a time is not woken before it, again and again.
        let milliseconds = Int32(clamping: (duration.wholeMicroseconds + 999) / 1000)
        var descriptors = [
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        ]
        // A signal ends it early, which the caller's loop bears.
        _ = poll(&descriptors, 2, milliseconds)
    }
}
#endif
