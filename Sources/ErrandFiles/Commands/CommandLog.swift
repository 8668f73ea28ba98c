#if Files
import Errand
import Synchronization

/// What of a program's output goes to its job's log: lines until the log is full, and then how many were too many.
final class CommandLog: Sendable {
    /// Lines that are kept free for what Errand itself has to say of the run.
    private static let reserved = 10
    private static let room = JobLimits.logLinesPerAttempt - reserved

    private let counts = Mutex((kept: 0, dropped: 0))
    private let write: @Sendable (LogLine.Level, String) -> Void

    init(_ write: @escaping @Sendable (LogLine.Level, String) -> Void) { self.write = write }

    /// Keeps a line that the program decides the number of.
    func add(_ level: LogLine.Level, _ text: String) {
        let isKept = counts.withLock { counts in
            let isKept = counts.kept < Self.room
            if isKept { counts.kept += 1 } else { counts.dropped += 1 }
            return isKept
        }
        if isKept { write(level, text) }
    }

    /// Whether further lines are only counted.
    var isFull: Bool { counts.withLock(\.kept) >= Self.room }

    /// Says something of the run as a whole: a few lines at most.
    func note(_ text: String) { write(.warning, text) }

    /// Says what is missing.
    func finish() {
        let dropped = counts.withLock(\.dropped)
        guard dropped > 0 else { return }
        let lines = dropped == 1 ? "One more line" : "\(dropped) more lines"
        note("\(lines) of the program were dropped: the log of a run keeps \(JobLimits.logLinesPerAttempt).")
    }
}
#endif
