import Errand
import GRDBSQLite

/// How the writer goes on with ends that were not followed in their own transactions.
///
/// Used by the writer thread alone.
struct GoingOn {
    /// Puts a step into the writer's queue; false when that is closed.
    var enqueue: (any PendingWrite) -> Bool = { _ in false }
    /// A step is in the queue.
    var isUnderWay = false
    /// A step failed; the next reap tries again and reports why.
    var isHeldUp = false
}

/// One more step of what follows of the ends of jobs, among whatever else waits for the next commit.
///
/// `@unchecked`: used by the writer thread alone.
final class CascadeStep: PendingWrite, @unchecked Sendable {
    private let session: SQLiteSession
    private var hasFailed = false

    init(_ session: SQLiteSession) { self.session = session }

    func perform(on session: SQLiteSession) -> JobStoreError? {
        do throws(JobStoreError) {
            try session.followAllEnds()
            return nil
        } catch {
            hasFailed = true
            return error
        }
    }

    func finish(_ commitError: JobStoreError?) {
        session.goingOn.isUnderWay = false
        session.goingOn.isHeldUp = hasFailed || commitError != nil
    }
}

extension SQLiteSession {
    /// Follows the ends that the operation under way noted, one step's worth; what is left is gone on with later.
    ///
    /// The ends stand even where those who wait cannot be told now. Throws only when the whole transaction is lost.
    func followNewEnds() throws(JobStoreError) {
        let last = followed
        do throws(JobStoreError) {
            try nested { () throws(JobStoreError) in try followEnds(after: last) }
        } catch {
            if sqlite3_get_autocommit(sql.database) != 0 { throw error }
        }
        followed = memory.lastCascade
    }

    /// Does one step of whatever is left to be followed.
    func followAllEnds() throws(JobStoreError) {
        try followEnds(after: 0)
        followed = memory.lastCascade
        goingOn.isHeldUp = false
    }

    /// Has another step done with the next commit.
    func goOnWithCascades() {
        guard !goingOn.isUnderWay, !goingOn.isHeldUp else { return }
        goingOn.isUnderWay = goingOn.enqueue(CascadeStep(self))
    }
}
