#if Files
import Errand
import Subprocess

// waitid.
#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// Reads what a program prints, to its end and not to the end of what others write into the same pipes.
///
/// Swift-subprocess stops waiting for more once the program has ended. What is left to see to are those that never
/// let it wait: processes that the program started and that go on writing. They may be a `tee` that the last lines went
/// through, so they are not ended before.
struct ProgramReading {
    /// The most that a pipe holds, so that nothing the program wrote itself lies behind it.
    private static let pipeBytes = 1 << 20

    let leader: pid_t
    let output: CommandOutput

    func readOutput(_ sequence: SubprocessOutputSequence) async throws {
        var reader = CommandReader()
        try await read(sequence) { reader.take($0, output.takeOutput) }
        reader.finish(output.takeOutput)
    }

    func readErrors(_ sequence: SubprocessOutputSequence) async throws {
        var lines = CommandLines()
        try await read(sequence) { lines.take($0, output.takeError) }
        lines.finish(output.takeError)
    }

    private func read(_ sequence: SubprocessOutputSequence, _ take: (UnsafeRawBufferPointer) -> Void) async throws {
        var left = Self.pipeBytes
        for try await buffer in sequence {
            buffer.withUnsafeBytes(take)
            // Programs that print on and on must not keep all threads of the pool from everybody else.
            await Task.yield()
            guard hasEnded else { continue }
            left -= buffer.count
            guard left > 0 else {
                return output.log.note("What the program started goes on writing after its end; that is not read.")
            }
        }
    }

    private var hasEnded: Bool {
        var information = siginfo_t()
        // Without looking at the end, which is for swift-subprocess to do.
        guard waitid(P_PID, id_t(leader), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return false }
        return information.si_signo == SIGCHLD
    }
}
#endif
