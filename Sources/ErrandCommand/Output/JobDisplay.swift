#if Server
import Errand
import FoundationEssentials
import Synchronization

/// Shows a job while it runs: a bar that is drawn again in a terminal, a line for each change elsewhere, or JSON lines.
final class JobDisplay: Sendable {
    enum Mode: Sendable {
        case bar(columns: Int)
        case lines
        case json
        case silent
    }

    private let mode: Mode
    private let drawn = Mutex(Drawn())

    private struct Drawn {
        var text = ""
        var at: ContinuousClock.Instant?
        var status: JobStatus?
    }

    /// How far apart two changes of progress are shown: a log needs no line for each batch of rows.
    private static let pace = Duration.milliseconds(200)

    /// Chooses by who looks: a person at a terminal, or a program.
    ///
    /// - Parameters:
    ///   - json: Whether states are to be printed as JSON lines.
    ///   - quiet: Whether nothing may be printed on standard output, which is taken for a file.
    init(json: Bool, quiet: Bool = false) {
        if json, !quiet {
            mode = .json
        } else if let columns = StandardStream.error.columns {
            mode = .bar(columns: columns)
        } else {
            mode = quiet ? .silent : .lines
        }
    }

    /// Shows a state.
    func show(_ job: JobDocument) {
        switch mode {
        case .json: StandardStream.output.print(job.document.json.onOneLine.string)
        case .bar(let columns): job.status.isTerminal ? clear() : draw(Self.bar(job, columns: columns), job.status)
        case .lines: if !job.status.isTerminal { draw(Self.line(job), job.status) }
        case .silent: break
        }
    }

    /// Shows how much of a file was sent.
    func showUpload(_ sent: Int64, of size: Int64?) {
        guard case .bar(let columns) = mode else { return }
        let share = size.map { $0 > 0 ? Int(sent.saturatingProduct(100) / $0) : 100 }
        let text = "Uploading  \(share.map { Self.gauge($0) + "  " } ?? "")\(Human.bytes(sent))"
        draw(text.fitting(columns - 1), nil)
    }

    /// Removes the bar.
    func clear() {
        guard case .bar = mode else { return }
        drawn.withLock { drawn in
            if !drawn.text.isEmpty { StandardStream.error.write("\r\u{1B}[K") }
            drawn = Drawn()
        }
    }

    private func draw(_ text: String, _ status: JobStatus?) {
        drawn.withLock { drawn in
            let isSoon = drawn.at.map { $0.duration(to: .now) < Self.pace } ?? false
            guard text != drawn.text, !isSoon || status != drawn.status else { return }
            drawn = Drawn(text: text, at: .now, status: status)
            if case .bar = mode {
                StandardStream.error.write("\r\(text)\u{1B}[K")
            } else {
                StandardStream.output.print(text)
            }
        }
    }

    private static func bar(_ job: JobDocument, columns: Int) -> String {
        guard job.status == .running else { return waiting(job).fitting(columns - 1) }
        var text = "\(job.name)  \(gauge(job.progress))"
        if let message = job.message { text += "  \(message.printable)" }
        return text.fitting(columns - 1)
    }

    private static func line(_ job: JobDocument) -> String {
        guard job.status == .running else { return waiting(job) }
        return "\(job.name)  \(job.progress)%" + (job.message.map { "  \($0.printable)" } ?? "")
    }

    private static func waiting(_ job: JobDocument) -> String {
        let reason: String =
            switch job.document.string("substate") {
            case "paused": "its queue \(job.document.string("queue")?.printable ?? "") is paused"
            case "blocked": "waits for other jobs"
            case "stopping": "waits until its cancelled run has stopped"
            case "scheduled": "waits until \(job.document.string("runAt") ?? "its time")"
            case "retrying": "tries again at \(job.document.string("runAt") ?? "its time")" + cause(job)
            default: "waiting"
            }
        return "\(job.name)  queued: \(reason)"
    }

    private static func cause(_ job: JobDocument) -> String { job.error.map { ": \($0.printable)" } ?? "" }

    private static func gauge(_ percent: Int) -> String {
        let full = max(0, min(20, percent / 5))
        let bar = String(repeating: "━", count: full) + String(repeating: "─", count: 20 - full)
        return "\(bar) \("\(percent)%".aligned(right: 4))"
    }

    /// One sentence about a job that has ended.
    static func summary(_ job: JobDocument) -> String {
        let took = job.runDuration.map { " in \(Human.time($0))" } ?? ""
        let reason = job.error.map { ": \($0.printable)" } ?? "."
        return switch job.status {
        case .completed: "\(job.name) completed\(took)."
        case .failed: "\(job.name) failed\(took)\(reason)"
        case .cancelled: "\(job.name) was cancelled\(reason)"
        case .queued, .running: "\(job.name) is \(job.status.rawValue)."
        }
    }
}
#endif
