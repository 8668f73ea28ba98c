#if Server
import Errand
import Metrics
import Synchronization

/// Keeps every metric of the process, for Prometheus to read.
///
/// The series of one metric are bounded, as label values may come from outside: see ``PrometheusLanes``. Should there
/// be too many all the same, what is too many is not counted, and `errand_metric_series_dropped` says so.
final class PrometheusRegistry: MetricsFactory, Sendable {
    /// One metric with its labels.
    struct Key: Hashable, Comparable {
        let name: String
        let labels: [Name]
        /// The labels whose values come from outside; nil where it has none.
        let lane: Name?

        init(_ name: String, _ dimensions: [(String, String)]) {
            self.name = name
            labels = dimensions.map { "\($0)=\"\($1.escapedForPrometheus)\"" }
            let outside = zip(dimensions, labels).filter { PrometheusLanes.labels.contains($0.0.0) }
            let isRest = outside.allSatisfy { $0.0.1 == PrometheusLanes.rest }
            lane = isRest ? nil : Name(outside.map(\.1.text).joined(separator: ","))
        }

        static func < (left: Key, right: Key) -> Bool {
            if left.name != right.name { return left.name < right.name }
            return left.labels.lexicographicallyPrecedes(right.labels)
        }
    }

    private struct State {
        var series: [Key: any PrometheusSeries] = [:]
        var counts: [String: Int] = [:]
        var lanes: [String: PrometheusLanes] = [:]
        var dropped = 0

        mutating func remove(_ key: Key) {
            guard series.removeValue(forKey: key) != nil else { return }
            counts[key.name, default: 0] -= 1
        }
    }

    private let state = Mutex(State())
    private let generations = Atomic(0)
    private let seriesPerMetric: Int
    private let lanesPerMetric: Int
    private let idle: Duration
    private let now: @Sendable () -> Duration

    /// Creates an empty registry.
    ///
    /// - Parameters:
    ///   - seriesPerMetric: The most series of one metric.
    ///   - lanesPerMetric: How many values of labels from outside have series of their own in one metric.
    ///   - idle: How long such a series has to stand still to make room for others.
    ///   - now: The steady clock.
    init(
        seriesPerMetric: Int = 2000,
        lanesPerMetric: Int = 200,
        idle: Duration = .seconds(3600),
        now: @escaping @Sendable () -> Duration = PrometheusRegistry.clock()
    ) {
        self.seriesPerMetric = seriesPerMetric
        self.lanesPerMetric = lanesPerMetric
        self.idle = idle
        self.now = now
    }

    private static func clock() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { start.duration(to: .now) }
    }

    /// Grows when series are forgotten: who holds one looks for it anew.
    var generation: Int { generations.load(ordering: .acquiring) }

    /// Makes the registry of this process, once.
    static func bootstrapped() -> PrometheusRegistry {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        Gauge(label: "errand_build_info", dimensions: [("version", Version.current)]).record(1)
        return registry
    }

    /// The series of a metric with its labels, made where there is none; that of all others where there is no room.
    func series<Series: PrometheusSeries>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ make: () -> Series
    ) -> Series {
        let now = now()
        return state.withLock { state in
            var key = Key(label, dimensions)
            if let lane = key.lane,
                !state.lanes[label, default: PrometheusLanes()].admit(lane, limit: lanesPerMetric, at: now)
            {
                key = Key(label, dimensions.map { PrometheusLanes.labels.contains($0.0) ? ($0.0, Self.rest) : $0 })
            }
            if let known = state.series[key] as? Series { return known }
            let made = make()
            guard state.counts[label, default: 0] < seriesPerMetric else {
                state.dropped += 1
                return made
            }
            state.counts[label, default: 0] += 1
            state.series[key] = made
            if let lane = key.lane { state.lanes[label]?.add(key, to: lane) }
            return made
        }
    }

    private static let rest = PrometheusLanes.rest

    /// Forgets series that stand still where others have no room.
    private func retire() {
        let now = now()
        let hasRetired = state.withLock { state in
            var retired: [Key] = []
            for name in state.lanes.keys {
                let series = state.series
                retired += state.lanes[name]?.retire(idle: idle, at: now) { series[$0]?.moves ?? 0 } ?? []
            }
            for key in retired { state.remove(key) }
            return !retired.isEmpty
        }
        if hasRetired { generations.add(1, ordering: .releasing) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        PrometheusCounterHandler(PrometheusHandle(label, dimensions, in: self) { PrometheusCounter() })
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        gauge(label, dimensions, kind: "counter")
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions, kind: "gauge")
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) }
        return gauge(label, dimensions, kind: "gauge")
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { histogram(label, dimensions) }

    private func gauge(_ label: String, _ dimensions: [(String, String)], kind: String) -> PrometheusGaugeHandler {
        PrometheusGaugeHandler(PrometheusHandle(label, dimensions, in: self) { PrometheusGauge(kind: kind) })
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> PrometheusHistogramHandler {
        PrometheusHistogramHandler(PrometheusHandle(label, dimensions, in: self) { PrometheusHistogram() })
    }

    // What was counted is kept for as long as the process lives; what is so no more is not.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) { forget(handler as? PrometheusGaugeHandler) }
    func destroyRecorder(_ handler: any RecorderHandler) { forget(handler as? PrometheusGaugeHandler) }
    func destroyTimer(_ handler: any TimerHandler) {}

    private func forget(_ gauge: PrometheusGaugeHandler?) {
        guard let handle = gauge?.handle else { return }
        let key = Key(handle.name, handle.dimensions)
        state.withLock { state in
            state.remove(key)
            if let lane = key.lane { state.lanes[key.name]?.remove(key, from: lane) }
        }
        generations.add(1, ordering: .releasing)
    }

    /// All series in the text format, version 0.0.4.
    func text() -> String {
        retire()
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
