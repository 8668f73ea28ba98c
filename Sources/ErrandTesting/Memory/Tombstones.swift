import Errand
import FoundationEssentials

/// What is remembered for a day of records that were deleted.
struct Tombstones: Sendable {
    struct Stone: Sendable {
        var id: JobID
        var number: Int64
        var tenantId: Name?
        var projectId: Name?
        var deletedAt: Date
    }

    static let lifetime: TimeInterval = 86400

    private var stones: [Int64: Stone] = [:]
    private var numbers: [JobID: Int64] = [:]

    mutating func insert(_ job: Job, at time: StoreTime) {
        stones[job.number] = Stone(
            id: job.id,
            number: job.number,
            tenantId: job.tenantId,
            projectId: job.projectId,
            deletedAt: time.wall
        )
        numbers[job.id] = job.number
    }

    subscript(reference: JobReference, at time: StoreTime) -> Stone? {
        let number: Int64? =
            switch reference {
            case .id(let id): numbers[id]
            case .number(let number): number
            }
        guard let stone = number.flatMap({ stones[$0] }), !Self.isOld(stone, at: time) else { return nil }
        return stone
    }

    mutating func removeOld(at time: StoreTime) {
        for stone in stones.values where Self.isOld(stone, at: time) {
            stones[stone.number] = nil
            // The id may have been used again, and its second job deleted since.
            if numbers[stone.id] == stone.number { numbers[stone.id] = nil }
        }
    }

    private static func isOld(_ stone: Stone, at time: StoreTime) -> Bool {
        time.wall.timeIntervalSince(stone.deletedAt) >= lifetime
    }
}
