#if Postgres
import Errand
import Synchronization

/// Follows the ends of jobs to those that wait for them, in transactions of their own.
///
/// The end itself is committed then and holds no locks any more: a step locks the jobs that it tells, in the order of
/// their numbers, and nothing else that anybody waits for.
struct CascadeFollower {
    private let link: PostgresLink
    private let context: PostgresContext

    init(_ link: PostgresLink, _ context: PostgresContext) { (self.link, self.context) = (link, context) }

    /// Tells those who wait, one step's worth of them, of ends that this process has just committed; what is left goes
    /// on behind whatever else waits for a connection.
    ///
    /// Throws nothing: the ends stand, and who reaps goes on with what could not be followed now, and says why.
    func follow(_ begun: [Int64]) {
        var (sequences, left) = (begun, context.options.cascades.step)
        do throws(JobStoreError) {
            while left > 0, !sequences.isEmpty {
                let step = try perform(sequences, atMost: left)
                sequences = step.unfinished + sequences.dropFirst(left)
                sequences.sort()
                guard step.hasMoved else { break }
                left -= step.told
            }
        } catch {
            return
        }
        if !sequences.isEmpty { context.goOnWithCascades() }
    }

    /// Tells those who wait, one step's worth of them, of all ends that no other process is at.
    ///
    /// - Returns: Whether there may be more.
    @discardableResult
    func followAll() throws(JobStoreError) -> Bool {
        var left = context.options.cascades.step
        while left > 0 {
            let step = try perform(nil, atMost: left)
            guard step.hasMoved else { return false }
            left -= step.told
        }
        return true
    }

    /// One transaction, which may tell fewer than there are when it meets what it did not foresee.
    private func perform(_ sequences: [Int64]?, atMost count: Int) throws(JobStoreError) -> CascadeStep {
        try PostgresTransaction.write(on: link, context, followsEnds: false) { session throws(JobStoreError) in
            var step = CascadeStep(limit: count)
            try session.perform(&step, of: sequences.map { Array($0.prefix(count)) })
            return step
        }
    }
}

extension PostgresContext {
    /// Has the pool go on with what is left, a step at a time, unless that is being done or not wanted.
    func goOnWithCascades() {
        guard options.cascades.goesOn else { return }
        guard !goesOnWithCascades.exchange(true, ordering: .relaxed) else { return }
        enqueueCascadeStep()
    }

    private func enqueueCascadeStep() {
        let isAccepted = pool.enqueue { [self] link in
            // What fails here fails again for the reap, which says why.
            let isMore = (try? CascadeFollower(link, self).followAll()) ?? false
            if isMore { enqueueCascadeStep() } else { goesOnWithCascades.store(false, ordering: .relaxed) }
            return .done
        }
        if !isAccepted { goesOnWithCascades.store(false, ordering: .relaxed) }
    }
}
#endif
