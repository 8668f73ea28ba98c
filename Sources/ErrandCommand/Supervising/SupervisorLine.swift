#if Server
// Read sources, and read: the end of a pipe is heard without a thread that waits for it.
import Dispatch
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
    static func end() async {
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO)
        source.setEventHandler {
            var byte: UInt8 = 0
            if read(STDIN_FILENO, &byte, 1) <= 0 { continuation.finish() }
        }
        source.resume()
        for await _ in ends {}
        source.cancel()
    }
}

#endif
