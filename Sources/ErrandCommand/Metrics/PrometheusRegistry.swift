#if Server
import Errand
import Metrics
import Synchronization

/// Keeps every metric of the process, for Prometheus to read.
///
/// The series of one metric are bounded, as label values may come from outside (a queue may have any name): what is too
/// many is not counted, and `errand_metric_series_dropped` says so.
final class PrometheusRegistry: MetricsFactory, Sendable {
    /// One metric with its labels.
    struct Key: Hashable, Comparable {
        let name: String
        let labels: [Name]

        init(_ name: String, _ dimensions: [(String, String)]) {
            self.name = name
            labels = dimensions.map { "\($0)=\"\($1.escapedForPrometheus)\"" }
        }

        static func < (left: Key, right: Key) -> Bool {
            if left.name != right.name { return left.name < right.name }
            return left.labels.lexicographicallyPrecedes(right.labels)
        }
    }

    private struct State {
        var series: [Key: any PrometheusSeries] = [:]
        var counts: [String: Int] = [:]
        var dropped = 0
    }

    private let state = Mutex(State())
    private let seriesPerMetric: Int

    /// Creates an empty registry.
    init(seriesPerMetric: Int = 2000) { self.seriesPerMetric = seriesPerMetric }

    /// Makes the registry of this process, once.
    static func bootstrapped() -> PrometheusRegistry {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        Gauge(label: "errand_build_info", dimensions: [("version", Version.current)]).record(1)
        return registry
    }

    private func series<Series: PrometheusSeries>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ make: () -> Series
    ) -> Series {
        let key = Key(label, dimensions)
        return state.withLock { state in
            if let known = state.series[key] as? Series { return known }
            let made = make()
            guard state.counts[label, default: 0] < seriesPerMetric else {
                state.dropped += 1
                return made
            }
            state.counts[label, default: 0] += 1
            state.series[key] = made
            return made
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions) { PrometheusCounter() }
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(label, dimensions) { PrometheusGauge(kind: "counter") }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions) { PrometheusGauge(kind: "gauge") }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return series(label, dimensions) { PrometheusHistogram() } }
        return series(label, dimensions) { PrometheusGauge(kind: "gauge") }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions) { PrometheusHistogram() }
    }

    // What was measured is kept for as long as the process lives.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    /// All series in the text format, version 0.0.4.
    func text() -> String {
        let (series, dropped) = state.withLock { ($0.series, $0.dropped) }
        var text = ""
        var last = ""
        for (key, series) in series.sorted(by: { $0.key < $1.key }) {
            if key.name != last { text += PrometheusHelp.head(of: key.name, series.kind) }
            last = key.name
            series.write(key.name, key.labels.map(\.text), to: &text)
        }
        text += PrometheusHelp.head(of: "errand_metric_series_dropped", "gauge")
        return text + "errand_metric_series_dropped \(dropped)\n"
    }
}

extension String {
    /// The text as a label's value.
    fileprivate var escapedForPrometheus: String {
        escaped { sign in
            switch sign {
            case "\\", "\"": "\\\(sign)"
            case "\n": "\\n"
            default: nil
            }
        }
    }
}
#endif
