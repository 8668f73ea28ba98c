// Why stores refuse what somebody asked of a job by name; said alike by all of them.

extension JobStoreError {
    /// What a refused transition that somebody asked for by name is answered with.
    package init(_ refusal: TransitionRefusal, _ what: String, _ reference: JobReference) {
        if refusal.reason == .oversize {
            self = .invalid("make the metadata larger than \(JobLimits.dataBytes) bytes", "/tags")
            return
        }
        let code: Code = refusal.reason == .fenced ? .fenced : .conflict
        self.init(
            code,
            "Job \(reference) is \(refusal.status.rawValue) and cannot be \(what): \(refusal.reason.words).",
            currentStatus: refusal.status
        )
    }

    /// Refuses a change that was meant for another revision of the job.
    ///
    /// - Parameters:
    ///   - revisions: Those it was meant for; nil is any.
    ///   - rev: The job's present one, read in the transaction that would change it.
    ///   - status: The job's status.
    ///   - reference: How the caller named the job.
    /// - Throws: `outdated`.
    package static func check(
        _ revisions: Set<Int64>?,
        include rev: Int64,
        status: JobStatus,
        of reference: JobReference
    ) throws(JobStoreError) {
        guard let revisions, !revisions.contains(rev) else { return }
        throw JobStoreError(
            .outdated,
            "Job \(reference) is at revision \(rev), and the change was meant for another; read it again.",
            currentStatus: status
        )
    }
}

extension TransitionRefusal.Reason {
    fileprivate var words: String {
        self == .stopping ? "its cancelled run has not stopped yet" : "\(self)"
    }
}
