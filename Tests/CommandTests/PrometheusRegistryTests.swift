#if Server
import Metrics
import Synchronization
import Testing

@testable import ErrandCommand

@Suite("The registry of metrics", .timeLimit(.minutes(5)))
struct PrometheusRegistryTests {
    private final class SteadyClock: Sendable {
        let time = Mutex(Duration.zero)
        var now: Duration { time.withLock(\.self) }
        func advance(by step: Duration) { time.withLock { $0 += step } }
    }

    private let clock = SteadyClock()

    private func registry(lanes: Int = 3) -> PrometheusRegistry {
        PrometheusRegistry(lanesPerMetric: lanes, idle: .seconds(60)) { [clock] in clock.now }
    }

    private func count(_ registry: PrometheusRegistry, _ queue: String, by amount: Int64 = 1) {
        registry.makeCounter(label: "errand_submitted_total", dimensions: [("queue", queue), ("type", "t")])
            .increment(by: amount)
    }

    private func value(_ queue: String, in text: String, type: String = "t") -> String? {
        let start = "errand_submitted_total{queue=\"\(queue)\",type=\"\(type)\"} "
        return text.split(separator: "\n").first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }

    @Test("queues beyond so many are counted together, so that the sum is right")
    func rest() {
        let registry = registry()
        for index in 0..<6000 { count(registry, "q\(index)") }
        let text = registry.text()
        #expect(value("q2", in: text) == "1" && value("q3", in: text) == nil)
        #expect(value("other", in: text, type: "other") == "5997")
        #expect(text.contains("errand_metric_series_dropped 0\n"))
        #expect(text.utf8.count < 1000)
    }

    @Test("a queue that stands still makes room where others have none, and counts on when it moves again")
    func room() {
        let registry = registry()
        let first = registry.makeCounter(
            label: "errand_submitted_total",
            dimensions: [("queue", "a"), ("type", "t")]
        )
        first.increment(by: 5)
        for queue in ["b", "c", "d"] { count(registry, queue) }
        _ = registry.text()
        clock.advance(by: .seconds(61))
        for queue in ["b", "c"] { count(registry, queue) }
        let text = registry.text()
        #expect(value("a", in: text) == nil && value("b", in: text) == "2")
        count(registry, "d")
        #expect(value("d", in: registry.text()) == "1")
        // The handler that was held all the time goes on, with all others where there is no room.
        first.increment(by: 2)
        #expect(value("other", in: registry.text(), type: "other") == "3")
    }

    @Test("nobody makes room where there is enough")
    func enough() {
        let registry = registry()
        count(registry, "a")
        _ = registry.text()
        clock.advance(by: .seconds(3600))
        #expect(value("a", in: registry.text()) == "1")
    }

    @Test("a gauge that is destroyed is gone, and a handler of it that goes on makes it anew")
    func destroyed() {
        let registry = registry()
        let gauge = registry.makeRecorder(label: "errand_depth", dimensions: [("queue", "a")], aggregate: false)
        gauge.record(3.0)
        registry.destroyRecorder(gauge)
        #expect(!registry.text().contains("errand_depth"))
        gauge.record(4.0)
        #expect(registry.text().contains("errand_depth{queue=\"a\"} 4.0\n"))
    }

    @Test("labels that are Errand's own are never merged")
    func own() {
        let registry = registry(lanes: 1)
        for code in 0..<50 {
            registry.makeCounter(label: "errand_x_total", dimensions: [("code", "\(code)")]).increment(by: 1)
        }
        #expect(registry.text().contains("errand_x_total{code=\"49\"} 1\n"))
    }
}
#endif
