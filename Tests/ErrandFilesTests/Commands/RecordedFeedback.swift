#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

/// Writes down what a command tells its job.
final class RecordedFeedback: Sendable {
    private struct State {
        var logs: [String] = []
        var progress: [String] = []
        var data: [String] = []
        var warnings: [String] = []
    }

    private let state = Mutex(State())
    private let logged = AsyncStream.makeStream(of: Void.self)

    var logs: [String] { state.withLock(\.logs) }
    var progress: [String] { state.withLock(\.progress) }
    var data: [String] { state.withLock(\.data) }
    /// What the operator was told.
    var warnings: [String] { state.withLock(\.warnings) }

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
            data: { data in
                try NewJob.checkObject(data, JobLimits.dataBytes, "/data")
                self.state.withLock { $0.data.append(data.string) }
            },
            warn: { text in self.state.withLock { $0.warnings.append(text) } }
        )
    }
}

extension RecordedFeedback {
    /// Runs a program as a job of a type of its own.
    func run(
        _ command: [String],
        payload: String = "{}",
        _ change: (inout CommandType) -> Void = { _ in }
    ) async throws -> JobResult {
        var type = CommandType("c", command: command)
        type.grace = .milliseconds(200)
        change(&type)
        let id = try #require(JobID("0192e4a0-0000-7000-8000-000000000000"))
        var job = ClaimedJob(
            lease: JobLease(id: id, number: 7, fence: 3),
            type: "c",
            queue: "default",
            payload: try JSONText(validating: payload),
            createdAt: Date(),
            runAt: Date()
        )
        job.traceparent = "00-trace"
        return try await CommandRun(type: type, job: job, feedback: feedback).run()
    }

    /// Runs a program that prints bytes, and does what else is told.
    func print(_ output: String, then more: String = "") async throws -> JobResult {
        let folder = try TemporaryFolder()
        try output.write(toFile: "\(folder.path)/output", atomically: false, encoding: .utf8)
        return try await run(["/bin/sh", "-c", "cat '\(folder.path)/output'; \(more)"])
    }
}

/// The failure of a run that the type's policy decides on.
func retriedFailure(_ operation: () async throws -> Void) async -> JobFailure? {
    do {
        try await operation()
        return nil
    } catch let error as CommandFailure {
        return error.jobFailure
    } catch {
        Issue.record(error)
        return nil
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
