import Errand
import Logging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct OutageLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        init(lines: Lines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let leftOut = event.metadata?["left_out"].map { " left_out=\($0)" } ?? ""
            lines.all.withLock { $0.append("\(event.level) \(event.message)\(leftOut)") }
        }
    }

    @Test("a place logs once a second and says how many lines were left out")
    func bounded() {
        let (log, lines) = (OutageLog(), Lines())
        for tenth in 0..<25 {
            log.log("store away \(tenth)", .error, to: lines.logger, at: .milliseconds(100 * tenth))
        }
        #expect(
            lines.all.withLock { $0 } == [
                "error store away 0", "error store away 10 left_out=9", "error store away 20 left_out=9",
            ]
        )
    }

    @Test("places do not keep each other from logging")
    func places() {
        let (log, lines) = (OutageLog(), Lines())
        for _ in 0..<3 {
            log.log("one", .error, to: lines.logger, at: .zero)
            log.log("two", .warning, to: lines.logger, at: .zero)
        }
        #expect(lines.all.withLock { $0 } == ["error one", "warning two"])
    }
}
