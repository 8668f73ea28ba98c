#if Server
import Errand
import HTTPTypes
import Metrics
import Synchronization

/// How long the requests of one operation took, by status; the timers are made once.
final class RequestMetrics: Sendable {
    private let route: APIRoute
    private let timers = Mutex<[Int: Metrics.Timer]>([:])

    init(_ route: APIRoute) { self.route = route }

    func answered(_ status: Int, after elapsed: Duration) {
        let timer = timers.withLock { timers in
            if let timer = timers[status] { return timer }
            let timer = Metrics.Timer(
                label: "errand_http_request_duration_seconds",
                dimensions: [("route", route.path), ("method", route.method.rawValue), ("code", String(status))]
            )
            timers[status] = timer
            return timer
        }
        timer.record(duration: elapsed)
    }
}

/// What is counted over all requests.
final class APIMetrics: Sendable {
    private struct Lane: Hashable {
        let queue: Name
        let type: Name
    }

    /// More than an installation has that does not name a queue after each of its jobs.
    private static let lanes = 2000

    let streams = Meter(label: "errand_sse_clients")
    /// What was said of queues when somebody read the metrics last.
    let queues = QueueGauges()
    private let submitted = Mutex<[Lane: Counter]>([:])
    private let runs = Mutex<[Lane: RunMetrics]>([:])

    init() { streams.set(0) }

    func submitted(_ job: NewJob) {
        let lane = Lane(queue: job.queue, type: job.type)
        let counter = submitted.withLock { counters in
            if let counter = counters[lane] { return counter }
            let counter = Counter(
                label: "errand_submitted_total",
                dimensions: [("queue", job.queue.text), ("type", job.type.text)]
            )
            if counters.count < Self.lanes { counters[lane] = counter }
            return counter
        }
        counter.increment()
    }

    /// What is counted of the runs of workers elsewhere.
    func runs(ofType type: Name, in queue: Name) -> RunMetrics {
        let lane = Lane(queue: queue, type: type)
        return runs.withLock { known in
            if let metrics = known[lane] { return metrics }
            let metrics = RunMetrics(type: type, queue: queue)
            if known.count < Self.lanes { known[lane] = metrics }
            return metrics
        }
    }
}
#endif
