/// How a job that begins to wait, at its submit or at a retry, stands to the jobs it names in `after`.
///
/// Completed ones need not be waited for. Of those that failed or were cancelled some are passed over, by a person's
/// decision to retry; any other one cancels the job at once.
package struct Standing: Sendable, Equatable {
    /// The numbers of the jobs that are waited for, each once, in the order of `after`.
    package private(set) var waiting: [Int64] = []
    /// The first one that will not be completed and is not passed over.
    package private(set) var failed: JobID?

    package init() {}

    /// For how many the job counts as blocked: for one more that cancels it, so that nothing claims it before.
    package var blockedBy: Int { waiting.count + (failed == nil ? 0 : 1) }

    /// Takes in one of the jobs in `after`, as it is at the time.
    ///
    /// - Parameters:
    ///   - number: Its number.
    ///   - id: Its id.
    ///   - status: Its status.
    ///   - isPassedOver: Whether the job goes on without it, should it have failed or been cancelled.
    package mutating func add(_ number: Int64, _ id: JobID, _ status: JobStatus, isPassedOver: Bool) {
        switch status {
        case .queued, .running: if !waiting.contains(number) { waiting.append(number) }
        case .completed: break
        case .failed, .cancelled: if !isPassedOver, failed == nil { failed = id }
        }
    }
}
