#if Files
import Errand
import Synchronization

/// What a program's run tells its job.
struct CommandFeedback: Sendable {
    let log: @Sendable (LogLine.Level, String) -> Void
    let progress: @Sendable (Int, String?) -> Void
    let data: @Sendable (JSONText) throws -> Void
    /// Tells the operator, in the log of this process.
    let warn: @Sendable (String) -> Void
}

/// Takes what a program prints, passes it on, and keeps what the end of the job needs.
///
/// Standard output and error are read by two tasks, so what they share is under a lock.
final class CommandOutput: Sendable {
    private static let keptErrorLines = 10

    /// What the program has said of its result.
    struct Said {
        /// The last result that was printed.
        var result: JSONText?
        /// How many were.
        var count = 0
        /// Why one that was printed, or seems to have been, is none; the first such.
        var fault: ResultFault?
    }

    private struct State {
        var percent = 0
        var said = Said()
        var errorLines: [String] = []
    }

    private let state = Mutex(State())
    private let feedback: CommandFeedback
    let log: CommandLog

    init(_ feedback: CommandFeedback) {
        self.feedback = feedback
        log = CommandLog(feedback.log)
    }

    var said: Said { state.withLock(\.said) }

    /// The last lines of standard error, for the message of a failure.
    var lastErrors: String { state.withLock { $0.errorLines.joined(separator: "\n") } }

    func takeOutput(_ piece: CommandReader.Piece) {
        switch piece {
        case .text(let line): log.add(.info, line.text)
        case .object(let bytes):
            do throws(WrongMessage) {
                take(try CommandMessage(bytes))
            } catch {
                refuse(error, CommandLines.Line(bytes: bytes, isCut: false))
            }
        case .broken(let line, .malformed(let bytes)):
            // Why it is wrong takes longest to say, and a program may print such lines without end.
            guard !log.isFull || LooseMembers.include("result", in: bytes) else { return log.add(.warning, "") }
            refuse(WrongMessage(malformed: bytes), line)
        case .broken(let line, .tooLong):
            let reason = "it is longer than \(CommandReader.longestMessage) bytes"
            refuse(WrongMessage(reason, in: line.bytes), line, code: ResultFault.tooLarge)
        }
    }

    func takeError(_ line: CommandLines.Line) {
        let text = line.text
        log.add(.warning, text)
        state.withLock { state in
            state.errorLines.append(text.cut(toBytes: 400))
            if state.errorLines.count > Self.keptErrorLines { state.errorLines.removeFirst() }
        }
    }

    private func take(_ message: CommandMessage) {
        if message.progress != nil || message.message != nil {
            let percent = state.withLock { state in
                state.percent = message.progress ?? state.percent
                return state.percent
            }
            feedback.progress(percent, message.message)
        }
        if let data = message.data {
            do { try feedback.data(data) } catch { log.add(.warning, "The program's data was not taken: \(error)") }
        }
        if let result = message.result {
            state.withLock { state in
                state.said.result = result
                state.said.count += 1
            }
        }
    }

    private func refuse(_ wrong: WrongMessage, _ line: CommandLines.Line, code: String = JobFailure.Code.invalidResult)
    {
        log.add(.warning, "No message, though it begins as one: \(wrong.reason). It reads: \(line.text)")
        guard wrong.hasResult else { return }
        let fault = ResultFault(code: code, reason: wrong.reason)
        state.withLock { $0.said.fault = $0.said.fault ?? fault }
    }
}

/// Why a program's result cannot be kept.
struct ResultFault: Error, Equatable {
    static let tooLarge = "result_too_large"

    var code: String
    let reason: String
}
#endif
