#if Postgres
import Errand

/// What a transaction has locked, and so what it may still wait for.
///
/// Every transaction of the store takes its locks in one order, so that no two wait for each other (decision 0031):
///
/// 1. jobs: rows of `live` by number, then rows of `ended` by number;
/// 2. what belongs to one job or dataset under its lock, such as its log; a dataset's row before its writes;
/// 3. uploads, by id;
/// 4. new rows, whose keys others may be about to take: unique keys in their order, then identifiers in theirs, then
///    kept answers in theirs, then orphaned files in theirs;
/// 5. rows of `queues`, by name, and then the advisory lock of tenants' limits: claims only, which pass over jobs that
///    others have locked and wait for nothing after.
///
/// Records of ends that are followed (`cascades`) come first of all, and are passed over where another has them.
///
/// A transaction that learns late of what it should have locked before does not wait for it: it takes the lock if that
/// is free, and else is rolled back and begins again with it (``TransactionConflict/order``). What it has written
/// others may wait for without its knowledge, on an index; so from the first write on it waits for no job.
struct LockOrder {
    /// The jobs that are locked.
    private(set) var jobs: Set<Int64> = []
    /// The uploads that are locked.
    private(set) var uploads: Set<JobID> = []
    /// Jobs of this number and below are not waited for in `live`, nor any once one is locked in `ended`.
    private var lastLive = Int64.min
    /// Jobs of this number and below are not waited for in `ended`.
    private var lastEnded = Int64.min
    /// Whether uploads may be waited for.
    private(set) var mayWaitForUploads = true

    /// Whether a job may be waited for that stands in a table.
    func mayWait(for number: Int64, in table: JobRow.Table) -> Bool {
        switch table {
        case .live: number > lastLive && lastEnded == .min
        case .ended: number > lastEnded
        }
    }

    /// Notes jobs that are locked in a table.
    mutating func lock(_ numbers: [Int64], in table: JobRow.Table) {
        jobs.formUnion(numbers)
        guard let highest = numbers.max() else { return }
        switch table {
        case .live: lastLive = max(lastLive, highest)
        case .ended: lastEnded = max(lastEnded, highest)
        }
    }

    /// Notes that uploads are locked: they come after all jobs, and are waited for once.
    mutating func lock(uploads ids: [JobID]) {
        uploads.formUnion(ids)
        write()
    }

    /// Notes that something was written which others may wait for: from now on nothing is waited for.
    mutating func write() {
        (lastLive, lastEnded) = (.max, .max)
        mayWaitForUploads = false
    }

    /// Notes that a part was undone, whose locks are free again.
    mutating func undo(to earlier: LockOrder) { (jobs, uploads) = (earlier.jobs, earlier.uploads) }
}

/// What a transaction must lock that could not be locked in its place any more, and all that it had locked by then.
struct LateLocks: Error, CustomStringConvertible {
    var jobs: Set<Int64> = []
    var uploads: Set<JobID> = []

    var isEmpty: Bool { jobs.isEmpty && uploads.isEmpty }
    var description: String { "\(jobs.count) jobs and \(uploads.count) uploads are to be locked first" }

    mutating func merge(_ other: LateLocks) {
        jobs.formUnion(other.jobs)
        uploads.formUnion(other.uploads)
    }
}

extension JobStoreError {
    /// The transaction must begin again, with these locks first.
    static func late(_ locks: LateLocks) -> JobStoreError {
        JobStoreError(.unavailable, "Others kept changing the same jobs; try again.", underlying: locks)
    }

    var lateLocks: LateLocks? { underlying as? LateLocks }

    /// Whether the whole transaction failed by it, and not only the part of it that met it.
    var isOfTransaction: Bool { postgres != nil || lateLocks != nil || code == .corrupt }
}
#endif
