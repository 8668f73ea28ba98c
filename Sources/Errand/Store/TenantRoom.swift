/// How many more jobs of each tenant may run, while a claim is being made.
package struct TenantRoom: Sendable {
    /// How long after a claim that left a tenant's jobs for want of room it is worth to look again.
    ///
    /// An end wakes those who wait for its own queue, where the process that records it claims itself; other room is
    /// found by looking.
    package static let pause = Duration.seconds(1)

    /// How the names of Errand's own queues begin, which the API lets nobody submit to.
    package static let ownQueues: Name = "errand."

    private let limit: Int?
    private var running: [Name: Int]
    /// Whether jobs were left because their tenant had no room.
    package private(set) var hasHeldBack = false

    /// - Parameters:
    ///   - limit: How many of one tenant may run; nil is any number.
    ///   - running: How many do, by tenant.
    package init(limit: Int?, running: [Name: Int]) { (self.limit, self.running) = (limit, running) }

    /// Whether a queue's jobs count: deliveries and bulk actions go on while a tenant's own jobs take all its room.
    package static func counts(_ queue: Name) -> Bool { !queue.hasPrefix(ownQueues) }

    /// How many more jobs of a tenant, none being the system, may be claimed from a queue; nil is any number.
    package func left(_ tenant: Name?, in queue: Name) -> Int? {
        guard let limit, let tenant, Self.counts(queue) else { return nil }
        return max(0, limit - running[tenant, default: 0])
    }

    /// Notes that jobs are claimed.
    package mutating func take(_ jobs: Int, of tenant: Name?, in queue: Name) {
        guard limit != nil, let tenant, Self.counts(queue) else { return }
        running[tenant, default: 0] += jobs
    }

    /// Notes that jobs are left for want of room.
    package mutating func holdBack() { hasHeldBack = true }
}
