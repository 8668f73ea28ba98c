#if Server
import Metrics
import Synchronization

/// What whoever counts holds on to: it finds its series anew when series were forgotten meanwhile, or room was made.
final class PrometheusHandle<Series: PrometheusSeries>: Sendable {
    let name: String
    let dimensions: [(String, String)]
    private let registry: PrometheusRegistry
    private let make: @Sendable () -> Series
    private let found: Mutex<(series: Series, generation: Int)>

    init(
        _ name: String,
        _ dimensions: [(String, String)],
        in registry: PrometheusRegistry,
        _ make: @escaping @Sendable () -> Series
    ) {
        (self.name, self.dimensions, self.registry, self.make) = (name, dimensions, registry, make)
        let generation = registry.generation
        found = Mutex((registry.series(name, dimensions, make), generation))
    }

    /// The series as it is by now.
    var series: Series {
        let generation = registry.generation
        return found.withLock { found in
            if found.generation != generation { found = (registry.series(name, dimensions, make), generation) }
            return found.series
        }
    }
}

/// Counts up.
final class PrometheusCounterHandler: CounterHandler {
    private let handle: PrometheusHandle<PrometheusCounter>

    init(_ handle: PrometheusHandle<PrometheusCounter>) { self.handle = handle }

    func increment(by amount: Int64) { handle.series.increment(by: amount) }
    func reset() { handle.series.reset() }
}

/// Holds a number that goes up and down.
final class PrometheusGaugeHandler: MeterHandler, RecorderHandler, FloatingPointCounterHandler {
    let handle: PrometheusHandle<PrometheusGauge>

    init(_ handle: PrometheusHandle<PrometheusGauge>) { self.handle = handle }

    func set(_ value: Int64) { handle.series.set(Double(value)) }
    func set(_ value: Double) { handle.series.set(value) }
    func increment(by amount: Double) { handle.series.increment(by: amount) }
    func decrement(by amount: Double) { handle.series.increment(by: -amount) }
    func record(_ value: Int64) { handle.series.set(Double(value)) }
    func record(_ value: Double) { handle.series.set(value) }
    func reset() { handle.series.set(0) }
}

/// Counts durations by how long they were.
final class PrometheusHistogramHandler: TimerHandler, RecorderHandler {
    private let handle: PrometheusHandle<PrometheusHistogram>

    init(_ handle: PrometheusHandle<PrometheusHistogram>) { self.handle = handle }

    func recordNanoseconds(_ duration: Int64) { handle.series.record(Double(duration) / 1e9) }
    func record(_ value: Int64) { handle.series.record(Double(value)) }
    func record(_ value: Double) { handle.series.record(value) }
}
#endif
