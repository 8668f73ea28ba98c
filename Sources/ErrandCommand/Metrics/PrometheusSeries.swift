#if Server
import Synchronization

/// One metric with its labels, as it is counted.
protocol PrometheusSeries: AnyObject, Sendable {
    /// The type that Prometheus knows it by.
    var kind: String { get }
    /// How often it has moved: what stays the same shows that nobody counts there any more.
    var moves: Int64 { get }
    /// Adds its lines.
    func write(_ name: String, _ labels: [String], to text: inout String)
}

extension PrometheusSeries {
    fileprivate func line(_ name: String, _ labels: [String], _ value: some CustomStringConvertible) -> String {
        "\(name)\(labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") \(value)\n"
    }
}

/// Counts up.
final class PrometheusCounter: PrometheusSeries {
    private let value = Atomic<Int64>(0)
    let kind = "counter"

    func increment(by amount: Int64) { value.wrappingAdd(max(0, amount), ordering: .relaxed) }

    func reset() { value.store(0, ordering: .relaxed) }

    var moves: Int64 { value.load(ordering: .relaxed) }

    func write(_ name: String, _ labels: [String], to text: inout String) {
        text += line(name, labels, value.load(ordering: .relaxed))
    }
}

/// Holds a number that goes up and down; as a counter with a fraction, one that only goes up.
final class PrometheusGauge: PrometheusSeries {
    private let state = Mutex((value: 0.0, moves: Int64(0)))
    let kind: String

    init(kind: String) { self.kind = kind }

    func set(_ value: Double) { state.withLock { $0 = (value, $0.moves + 1) } }
    func increment(by amount: Double) { state.withLock { $0 = ($0.value + amount, $0.moves + 1) } }

    var moves: Int64 { state.withLock(\.moves) }

    func write(_ name: String, _ labels: [String], to text: inout String) {
        text += line(name, labels, state.withLock(\.value))
    }
}

/// Counts durations, in seconds, by how long they were.
final class PrometheusHistogram: PrometheusSeries {
    private static let bounds = [
        0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
    ]

    private struct State {
        var counts = Array(repeating: 0, count: bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())
    let kind = "histogram"

    var moves: Int64 { Int64(state.withLock { $0.counts.reduce(0, +) }) }

    func record(_ value: Double) {
        let bucket = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: [String], to text: inout String) {
        let state = state.withLock(\.self)
        var total = 0
        for (bound, count) in zip(Self.bounds, state.counts) {
            total += count
            text += line("\(name)_bucket", labels + ["le=\"\(bound)\""], total)
        }
        total += state.counts[Self.bounds.count]
        text += line("\(name)_bucket", labels + ["le=\"+Inf\""], total)
        text += line("\(name)_sum", labels, state.sum)
        text += line("\(name)_count", labels, total)
    }
}
#endif
