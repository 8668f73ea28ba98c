#if Server
import Errand

/// Which values of labels that come from outside have series of their own in one metric: a queue may have any name.
///
/// The first so many have them; what comes after them is counted together under `other`, so that sums stay what they
/// are. Where there was no room, those that have not moved for long make some.
struct PrometheusLanes {
    /// The labels whose values come from outside.
    static let labels: Set = ["queue", "type"]
    /// What stands for all that have no series of their own.
    static let rest = "other"

    /// The series of some values, and whether they move.
    private struct Lane {
        var series: Set<PrometheusRegistry.Key> = []
        var moves: Int64 = 0
        var movedAt: Duration
    }

    private var lanes: [Name: Lane] = [:]
    private var hasTurnedAway = false

    /// Whether some values have series of their own; they get them where there is room.
    mutating func admit(_ lane: Name, limit: Int, at now: Duration) -> Bool {
        if lanes[lane] != nil { return true }
        guard lanes.count < limit else {
            hasTurnedAway = true
            return false
        }
        lanes[lane] = Lane(movedAt: now)
        return true
    }

    mutating func add(_ key: PrometheusRegistry.Key, to lane: Name) { lanes[lane]?.series.insert(key) }

    mutating func remove(_ key: PrometheusRegistry.Key, from lane: Name) {
        lanes[lane]?.series.remove(key)
        if lanes[lane]?.series.isEmpty == true { lanes[lane] = nil }
    }

    /// Lets go of those that have not moved for long, where others had to be turned away.
    ///
    /// - Parameters:
    ///   - idle: For how long.
    ///   - now: The steady clock.
    ///   - moves: How often a series has moved.
    /// - Returns: The series that are to be forgotten.
    mutating func retire(
        idle: Duration,
        at now: Duration,
        moves: (PrometheusRegistry.Key) -> Int64
    ) -> [PrometheusRegistry.Key] {
        var retired: [PrometheusRegistry.Key] = []
        for (name, var lane) in lanes {
            let sum = lane.series.reduce(into: Int64(0)) { $0 &+= moves($1) }
            if sum != lane.moves {
                (lane.moves, lane.movedAt) = (sum, now)
                lanes[name] = lane
            } else if hasTurnedAway, now - lane.movedAt > idle {
                retired += lane.series
                lanes[name] = nil
            }
        }
        if !retired.isEmpty { hasTurnedAway = false }
        return retired
    }
}
#endif
