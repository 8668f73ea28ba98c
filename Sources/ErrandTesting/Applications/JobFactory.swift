public import Errand
import FoundationEssentials

/// Makes a job in any state with one line, over any store.
///
/// ```swift
/// let jobs = JobFactory(store: store)
/// let failed = try await jobs.make(.failed)
/// let running = try await jobs.make(.running) { $0.uniqueKey = "nightly" }
/// ```
///
/// Running states go through a claim: the job must be the first that can be claimed of its type and queue.
public struct JobFactory: Sendable {
    /// The states a job can be made in.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Claimable now.
        case ready
        /// Due in an hour.
        case scheduled
        /// Waiting for another job, which is made too.
        case blocked
        /// Failed once, and due again in an hour.
        case retrying
        /// Claimed.
        case running
        /// Ended with the result `{}`.
        case completed
        /// Ended with code `broken`.
        case failed
        /// Cancelled while it was queued.
        case cancelled
        /// Run by something else, and not started yet.
        case tracked
        /// Run by something else, and started.
        case trackedRunning
    }

    /// A job and, where it was claimed, the lease.
    public struct Made: Sendable {
        /// The job, as it is now.
        public var job: Job
        /// The right to write to it; of a job that has ended, the right it had.
        public var lease: JobLease?
    }

    private let store: any JobStore
    private let scope: Scope

    /// Creates a factory.
    public init(store: any JobStore, scope: Scope = .default) {
        self.store = store
        self.scope = scope
    }

    /// Makes a job.
    ///
    /// - Parameters:
    ///   - state: How far it shall have come.
    ///   - type: The handler's key.
    ///   - change: Sets what else should hold before it is submitted.
    /// - Returns: The job.
    /// - Throws: ``JobStoreError``; `conflict` when another job would have been claimed in its place.
    public func make(
        _ state: State,
        type: Name = "work",
        _ change: (inout NewJob) -> Void = { _ in }
    ) async throws(JobStoreError) -> Made {
        var new = NewJob(type: type)
        try await prepare(&new, state)
        change(&new)
        guard let inserted = try await store.insert([new], scope: scope).first else {
            throw JobStoreError(.unavailable, "The store answered nothing to an insert of one job.")
        }
        let lease = try await advance(inserted, new, state)
        return Made(job: try await store.job(.id(inserted.id), scope: scope), lease: lease)
    }

    private func prepare(_ new: inout NewJob, _ state: State) async throws(JobStoreError) {
        switch state {
        case .scheduled: new.runAt = Moment(clamping: Date() + 3600)
        case .blocked: new.after = [try await make(.tracked, type: "blocker").job.id]
        case .tracked: new.tracking = Tracking()
        case .trackedRunning:
            new.tracking = Tracking()
            new.startsRunning = true
        default: break
        }
    }

    private func advance(
        _ inserted: InsertedJob,
        _ new: NewJob,
        _ state: State
    ) async throws(JobStoreError) -> JobLease? {
        if state == .cancelled { _ = try await store.cancel(.id(inserted.id), reason: nil, scope: scope) }
        guard let outcome = outcome(state) else { return nil }
        let lease = try await claim(inserted, new)
        if let outcome = outcome { _ = try await store.settle([Settlement(lease: lease, outcome: outcome)]) }
        return lease
    }

    /// How the run ends, or that it goes on; nil where there is none.
    private func outcome(_ state: State) -> Settlement.Outcome?? {
        let broken = JobFailure(code: "broken", message: "It broke.")
        return switch state {
        case .running: .some(nil)
        case .completed: .complete(JobResult(.emptyObject))
        case .failed: .fail(broken, retryAfter: nil)
        case .retrying: .fail(broken, retryAfter: .seconds(3600))
        default: nil
        }
    }

    private func claim(_ inserted: InsertedJob, _ new: NewJob) async throws(JobStoreError) -> JobLease {
        let request = ClaimRequest(
            worker: "factory",
            queues: [new.queue],
            types: [new.type],
            limit: 1,
            lease: .seconds(30)
        )
        guard let lease = try await store.claim(request).jobs.first?.lease, lease.id == inserted.id else {
            throw JobStoreError(
                .conflict,
                "Another job of type \(new.type) in queue \(new.queue) comes before; use a queue of its own."
            )
        }
        return lease
    }
}
