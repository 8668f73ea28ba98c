#if Server
import Errand
import Metrics
import Synchronization

/// The gauges of queues: of so many by name, and of all others together.
///
/// A queue that is no more has none any more: a gauge that nobody sets would say for good what was so once.
final class QueueGauges: Sendable {
    /// How many queues are told apart, those first in which most is going on.
    static let limit = 200
    /// What stands for all other queues.
    static let rest: Name = "other"

    private let known = Mutex<[Name: [Gauge]]>([:])

    /// Says how queues are, and nothing of others any more.
    func show(_ queues: [QueueState]) {
        let states = Self.states(of: queues)
        let gone = known.withLock { known in
            let gone = known.filter { states[$0.key] == nil }.values.flatMap(\.self)
            known = known.filter { states[$0.key] != nil }
            for (name, state) in states {
                let gauges = known[name] ?? Self.gauges(name)
                known[name] = gauges
                for (gauge, value) in zip(gauges, state.values) { gauge.record(value) }
            }
            return gone
        }
        for gauge in gone { gauge.destroy() }
    }

    private static func gauges(_ queue: Name) -> [Gauge] {
        let label = [("queue", queue.text)]
        let depths = JobStatus.allCases.map { status in
            Gauge(label: "errand_depth", dimensions: label + [("state", status.rawValue.lowercased())])
        }
        let others = ["errand_oldest_age_seconds", "errand_queue_paused"].map { Gauge(label: $0, dimensions: label) }
        return depths + others
    }

    /// What is said of one queue, or of several together.
    struct State: Equatable {
        var counts = StatusCounts()
        var oldestAge = 0.0
        var paused = 0

        fileprivate mutating func add(_ queue: QueueState) {
            for status in JobStatus.allCases { counts[status] += queue.counts[status] }
            oldestAge = max(oldestAge, queue.oldestReady?.seconds ?? 0)
            paused += queue.pause == nil ? 0 : 1
        }

        /// In the order of the gauges.
        fileprivate var values: [Double] {
            JobStatus.allCases.map { Double(counts[$0]) } + [oldestAge, Double(paused)]
        }
    }

    /// What is said, by the name that it is said under.
    static func states(of queues: [QueueState]) -> [Name: State] {
        let order = queues.sorted { left, right in
            let (busy, other) = (activity(left), activity(right))
            return busy == other ? left.name < right.name : busy > other
        }
        var states: [Name: State] = [:]
        for (place, queue) in order.enumerated() {
            states[place < limit ? queue.name : rest, default: State()].add(queue)
        }
        return states
    }

    private static func activity(_ queue: QueueState) -> Int {
        queue.counts.queued + queue.counts.running + (queue.pause == nil ? 0 : 1)
    }
}
#endif
