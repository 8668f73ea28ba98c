#if Server
import Errand
import Metrics

/// What the store knows, put into gauges when somebody reads them.
struct StoreMetrics: Sendable {
    let store: any JobStore
    let shown: QueueGauges

    func refresh() async throws {
        shown.show(try await store.queues(scope: .system))
        let workers = try await store.workers(scope: .system)
        let live = workers.filter(\.isLive)
        Gauge(label: "errand_workers", dimensions: [("state", "live")]).record(live.count)
        Gauge(label: "errand_workers", dimensions: [("state", "silent")]).record(workers.count - live.count)
        let (slots, busy) = live.reduce(into: (0, 0)) { sums, worker in
            sums.0 += worker.announcement.slots
            sums.1 += worker.announcement.running
        }
        Gauge(label: "errand_slots", dimensions: [("state", "busy")]).record(busy)
        Gauge(label: "errand_slots", dimensions: [("state", "idle")]).record(max(0, slots - busy))
        if let sized = store as? any SizedStore { Self.set(try await sized.size()) }
    }

    private static func set(_ size: StoreSize) {
        Gauge(label: "errand_store_used_bytes").record(size.usedBytes)
        // Each store has one of them; the other is not served, as 0 would say that all is well.
        if let bytes = size.walBytes { Gauge(label: "errand_store_wal_bytes").record(bytes) }
        if let count = size.deadTuples { Gauge(label: "errand_store_dead_tuples").record(count) }
    }
}
#endif
