#if Server
import Testing

@testable import ErrandCommand

@Suite("The metrics' registry", .timeLimit(.minutes(5)))
struct RegistryTests {
    private let registry = PrometheusRegistry()

    private func lines(ofQueues queues: [String]) -> [Substring] {
        for queue in queues {
            let counter = registry.makeCounter(label: "errand_test_total", dimensions: [("queue", queue)])
            (counter as? PrometheusCounterHandler)?.increment(by: 1)
        }
        return registry.text().utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) }
            .filter { $0.hasPrefix("errand_test_total{") }
    }

    @Test("labels that are spelt otherwise are two series")
    func spellings() {
        #expect(lines(ofQueues: ["caf\u{E9}", "cafe\u{301}"]).map { $0.suffix(2) } == [" 1", " 1"])
    }

    @Test("signs are escaped in a label, with an accent behind them and in both line ends together")
    func signs() {
        let queue = "a\"\u{301}b\\\u{301}c\r\nd"
        let line = "errand_test_total{queue=\"a\\\"\u{301}b\\\\\u{301}c\r\\nd\"} 1"
        #expect(lines(ofQueues: [queue]).map { Array($0.utf8) } == [Array(line.utf8)])
    }
}
#endif
