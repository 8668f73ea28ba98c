#if Server
// A thread that waits for the end of a pipe.
import Foundation
// read, on standard input.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A pipe that nothing is ever written to; it ends when the supervisor is gone, however that came.
///
/// Its processes read it as their standard input. They inherit nothing else, so only the supervisor holds it open.
struct SupervisorLine: Sendable {
    let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor

    init() throws { (readEnd, writeEnd) = try FileDescriptor.pipe() }

    /// In a process that a supervisor started: waits until the supervisor is gone, or the task is cancelled.
    ///
    /// A thread waits in `read`; where the task is cancelled first it ends with the process, which is about to.
    /// A source of Dispatch would need none, but crashed two workers of three when their supervisor was killed.
    static func end() async {
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        Thread {
            var byte: UInt8 = 0
            // Nothing is ever written; a signal that comes while it waits is not the end.
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                guard count > 0 || count < 0 && errno == EINTR else { break }
            }
            continuation.finish()
        }.start()
        for await _ in ends {}
    }
}

#endif
