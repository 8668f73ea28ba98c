#if Server
import Errand
import Synchronization

/// Whether the store and the files can be written, found out when somebody asks and at most every few seconds.
final class WriteHealth: Sendable {
    /// For how long an answer is good: an orchestrator may ask every second, and each probe is a write.
    static let interval = Duration.seconds(5)

    /// One place that is written to.
    struct Place: Sendable {
        /// Its name among the checks.
        let name: String
        let probe: any WriteProbing
    }

    private struct State {
        var askedAt: Duration?
        var failures: [String: any Error] = [:]
    }

    private let state = Mutex(State())
    private let places: [Place]

    init(_ places: [Place]) { self.places = places }

    /// What is written to, as far as it can be probed.
    convenience init(stores: APIStores, files: APIFiles) {
        let known: [(String, Any)] = [("writes", stores.jobs), ("files", files.objects)]
        self.init(known.compactMap { name, place in (place as? any WriteProbing).map { Place(name: name, probe: $0) } })
    }

    /// Why each place cannot be written; nil for one that can.
    ///
    /// While one caller probes, others are told what was found the time before.
    ///
    /// - Parameter now: The steady clock.
    /// - Returns: The places, in a fixed order.
    func check(at now: Duration) async -> [(name: String, failure: (any Error)?)] {
        let isDue = state.withLock { state in
            if let asked = state.askedAt, now - asked < Self.interval { return false }
            state.askedAt = now
            return true
        }
        if isDue {
            var failures: [String: any Error] = [:]
            for place in places {
                do { try await place.probe.probeWrite() } catch { failures[place.name] = error }
            }
            state.withLock { $0.failures = failures }
        }
        let failures = state.withLock { $0.failures }
        return places.map { ($0.name, failures[$0.name]) }
    }
}
#endif
