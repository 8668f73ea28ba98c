import Errand
import FoundationEssentials

/// The waiting jobs of one tenant in one queue, in the order they are to run.
struct WaitingJobs: Sendable {
    /// A job's place in the order, and what decides whether a worker may take it.
    struct Place: Sendable, Comparable {
        var priority: Int16
        var runAt: Date
        var number: Int64
        var type: Name

        static func < (left: Place, right: Place) -> Bool {
            (left.priority, left.runAt, left.number) < (right.priority, right.runAt, right.number)
        }
    }

    private(set) var places: [Place] = []

    var isEmpty: Bool { places.isEmpty }

    mutating func insert(_ place: Place) { places.insert(place, at: position(of: place)) }

    mutating func remove(_ place: Place) {
        let position = position(of: place)
        if position < places.count, places[position] == place { places.remove(at: position) }
    }

    /// Where the place is, or would be put.
    private func position(of place: Place) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
