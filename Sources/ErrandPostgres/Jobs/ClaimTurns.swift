#if Postgres
import Errand

/// Who was served last, so that the next claim goes on with the one after.
struct ClaimRotation: Sendable {
    var queue: Name?
    /// The last tenant of each queue; the system's own jobs go under the empty name.
    var tenants: [Name: Name] = [:]
}

/// Claimable jobs of one tenant in one queue.
struct ClaimLane {
    let queue: Name
    let tenant: Name
    /// How many there are to take, as far as a claim cares.
    var available: Int
}

/// Decides whose turn it is in a claim: queues take turns, in each queue its tenants, one job a turn.
///
/// Queues and tenants go by name, starting after the one served last.
struct ClaimTurns {
    private struct Queue {
        let name: Name
        var lanes: [Int]
        var next = 0
        /// How many more of its jobs may run.
        var room: Int
    }

    /// The lanes, by their places, in the order of their turns.
    private(set) var order: [Int] = []
    /// What each tenant may still be given.
    private(set) var tenants: TenantRoom

    init(_ lanes: [ClaimLane], rooms: [Name: Int], tenants: TenantRoom, rotation: ClaimRotation, limit: Int) {
        self.tenants = tenants
        var queues = Self.queues(of: lanes, rooms, rotation)
        var available = lanes.map(\.available)
        var turn = 0
        while order.count < limit, !queues.isEmpty {
            if turn >= queues.count { turn = 0 }
            guard let lane = take(from: &queues[turn], lanes, &available) else {
                queues.remove(at: turn)
                continue
            }
            order.append(lane)
            turn += 1
        }
    }

    private static func queues(
        of lanes: [ClaimLane],
        _ rooms: [Name: Int],
        _ rotation: ClaimRotation
    ) -> [Queue] {
        let places = Dictionary(grouping: lanes.indices) { lanes[$0].queue }
        let queues = places.sorted { $0.key < $1.key }.map { name, places in
            let last = rotation.tenants[name]
            let sorted = places.sorted { lanes[$0].tenant < lanes[$1].tenant }
            let rotated = sorted.rotated { place in last.map { lanes[place].tenant > $0 } ?? true }
            return Queue(name: name, lanes: rotated, room: rooms[name] ?? .max)
        }
        return queues.rotated { queue in rotation.queue.map { queue.name > $0 } ?? true }
    }

    private mutating func take(from queue: inout Queue, _ lanes: [ClaimLane], _ available: inout [Int]) -> Int? {
        guard queue.room > 0 else { return nil }
        while !queue.lanes.isEmpty {
            if queue.next >= queue.lanes.count { queue.next = 0 }
            let lane = queue.lanes[queue.next]
            let tenant = lanes[lane].tenant.isEmpty ? nil : lanes[lane].tenant
            let hasRoom = tenants.left(tenant, in: queue.name) != 0
            if !hasRoom, available[lane] > 0 { tenants.holdBack() }
            if hasRoom, available[lane] > 0 {
                tenants.take(1, of: tenant, in: queue.name)
                available[lane] -= 1
                queue.room -= 1
                queue.next += 1
                return lane
            }
            queue.lanes.remove(at: queue.next)
        }
        return nil
    }
}

extension Array {
    /// The same elements, starting with the first that the condition holds for.
    fileprivate func rotated(from isStart: (Element) -> Bool) -> [Element] {
        guard let start = firstIndex(where: isStart) else { return self }
        return Array(self[start...] + self[..<start])
    }
}
#endif
