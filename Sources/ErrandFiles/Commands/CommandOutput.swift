#if Files
import Errand
import Synchronization

/// What a program's run tells its job.
struct CommandFeedback: Sendable {
    let log: @Sendable (LogLine.Level, String) -> Void
    let progress: @Sendable (Int, String?) -> Void
    let data: @Sendable (JSONText) throws -> Void
}

/// Reads what a program prints, passes it on, and keeps what the end of the job needs.
///
/// Standard output and error are read by two tasks, so what they share is under a lock.
final class CommandOutput: Sendable {
    private static let keptErrorLines = 10

    private struct State {
        var percent = 0
        var result: JSONText?
        var isResultCut = false
        var errorLines: [String] = []
    }

    private let state = Mutex(State())
    private let feedback: CommandFeedback

    init(_ feedback: CommandFeedback) { self.feedback = feedback }

    /// The last result the program printed.
    var result: JSONText? { state.withLock(\.result) }

    /// Whether a result was too long to be kept.
    var isResultCut: Bool { state.withLock(\.isResultCut) }

    /// The last lines of standard error, for the message of a failure.
    var lastErrors: String { state.withLock { $0.errorLines.joined(separator: "\n") } }

    func takeOutput(_ line: CommandLines.Line) {
        switch CommandMessage(line) {
        case .progress(let percent, let message):
            let percent = state.withLock { state in
                state.percent = percent ?? state.percent
                return state.percent
            }
            feedback.progress(percent, message)
        case .data(let data):
            do { try feedback.data(data) } catch {
                feedback.log(.warning, "The program's data was not taken: \(error)")
            }
        case .result(let result): state.withLock { $0.result = result }
        case .log:
            if line.isCut, line.bytes.starts(with: Array(#"{"result""#.utf8)) {
                state.withLock { $0.isResultCut = true }
            }
            feedback.log(.info, line.text)
        }
    }

    func takeError(_ line: CommandLines.Line) {
        let text = line.text
        feedback.log(.warning, text)
        state.withLock { state in
            state.errorLines.append(text.cut(toBytes: 400))
            if state.errorLines.count > Self.keptErrorLines { state.errorLines.removeFirst() }
        }
    }
}
#endif
