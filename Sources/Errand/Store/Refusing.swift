// Why stores refuse what somebody asked of a job by name; said alike by all of them.

extension JobStoreError {
    /// What a refused transition that somebody asked for by name is answered with.
    package init(_ refusal: TransitionRefusal, _ what: String, _ reference: JobReference) {
        if refusal.reason == .oversize {
            self = .invalid("make the metadata larger than \(JobLimits.dataBytes) bytes", "/tags")
            return
        }
        let job = "Job \(reference)"
        let words =
            switch refusal.reason {
            case .fenced: "The fence that was given is not \(job)'s."
            case .wrongKind: "\(job) is run by workers; only they report on it."
            case .hasResult: "\(job) has a result already; it cannot be given a second."
            case .stopping:
                "\(job) is \(refusal.status.rawValue) and cannot be \(what): its cancelled run has not stopped yet."
            default: "\(job) is \(refusal.status.rawValue) and cannot be \(what)."
            }
        self.init(refusal.reason == .fenced ? .fenced : .conflict, words, currentStatus: refusal.status)
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
