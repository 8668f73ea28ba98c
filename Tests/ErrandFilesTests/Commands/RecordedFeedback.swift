#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization

/// Writes down what a command tells its job.
final class RecordedFeedback: Sendable {
    private struct State {
        var logs: [String] = []
        var progress: [String] = []
        var data: [String] = []
    }

    private let state = Mutex(State())
    private let logged = AsyncStream.makeStream(of: Void.self)

    var logs: [String] { state.withLock(\.logs) }
    var progress: [String] { state.withLock(\.progress) }
    var data: [String] { state.withLock(\.data) }

    /// Waits until something was logged.
    func firstLog() async { for await _ in logged.stream { return } }

    var feedback: CommandFeedback {
        CommandFeedback(
            log: { level, text in
                self.state.withLock { $0.logs.append("\(level.rawValue) \(text)") }
                self.logged.continuation.yield()
            },
            progress: { percent, message in self.state.withLock { $0.progress.append("\(percent) \(message ?? "-")") }
            },
            data: { data in self.state.withLock { $0.data.append(data.string) } }
        )
    }
}

/// A named pipe that tells when the last process that holds it has gone.
final class HeldPipe: Sendable {
    let path: String
    private let folder: TemporaryFolder
    private let descriptor: Int32

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/pipe"
        guard mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    }

    deinit { close(descriptor) }

    /// Waits for the end of the pipe, on a thread of its own.
    func closed() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var poll = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
                while Glibc.poll(&poll, 1, -1) < 0 {}
                continuation.resume()
            }
        }
    }
}
#endif
