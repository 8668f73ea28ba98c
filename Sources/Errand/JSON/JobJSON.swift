package import FoundationEssentials

/// A job as the API shows it: the keys of PAStools first and in their order, ours after them.
///
/// What is internal is never in it; the metadata is where ``metadata`` is set, the payload where ``more`` writes it.
package struct JobJSON {
    package let job: Job
    /// Decides whether `runAt` has come.
    let now: Date
    /// Whether the state beyond the status is known; a job that was not read back may wait in a paused queue.
    var knowsSubstate: Bool
    /// Set in the reply to a submit, which says so where the job was there already.
    package var submitOutcome = InsertedJob.Outcome.inserted
    /// The submitter's own object, as the reader may see it; nil where it is not shown or there is none.
    package var metadata: JSONText?
    /// Writes what a reader asked for beside that.
    package var more: ((inout JSONWriter) -> Void)?
    /// What the submitter should know about the submit.
    package var warnings: [String] = []
    /// How much of it is shown.
    private var extent = Extent.whole

    private enum Extent: Comparable {
        /// What a message can hold whatever the job is like.
        case least
        /// All but what may be large and can be asked for.
        case summary
        case whole
    }

    package init(job: Job, now: Date, knowsSubstate: Bool = true) {
        (self.job, self.now, self.knowsSubstate) = (job, now, knowsSubstate)
    }

    /// The most bytes of a ``summary(of:)``.
    package static let summaryBytes = 18_000

    /// An ended job without its output and data, and without anything that makes it long.
    package static func summary(of job: Job) -> JSONText {
        var json = JobJSON(job: job, now: job.updatedAt)
        json.extent = .summary
        if json.text.utf8Count > summaryBytes { json.extent = .least }
        return json.text
    }

    private var text: JSONText {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    package func write(to writer: inout JSONWriter) {
        let id = job.id.description
        writer.object { writer in
            writePAStools(id, to: &writer)
            writeState(to: &writer)
            writeRest(to: &writer)
            writer.member("links") { $0.object { Self.writeLinks(id, to: &$0) } }
            more?(&writer)
            if submitOutcome == .existing { writer.member("existing", true) }
            if submitOutcome == .replaced { writer.member("replaced", true) }
            if !warnings.isEmpty { writer.member("warnings", warnings) }
        }
    }

    private func writePAStools(_ id: String, to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("type", job.type)
        writer.memberIfPresent("projectId", job.projectId)
        writer.memberIfPresent("projectName", job.projectName)
        writer.member("status", job.status.rawValue)
        writer.member("progress", job.progress ?? 0)
        if extent == .whole { writer.memberIfPresent("result", job.result) }
        writer.memberIfPresent("error", extent == .least ? job.error?.cut(toBytes: 500) : job.error)
        writer.member("createdAt", job.createdAt)
        writer.memberIfPresent("startedAt", job.startedAt)
        writer.memberIfPresent("completedAt", job.completedAt)
        writer.memberIfPresent("createdBy", job.createdBy)
        writer.memberIfPresent("createdByName", job.createdByName)
    }

    private func writeState(to writer: inout JSONWriter) {
        writer.member("number", job.number)
        writer.member("queue", job.queue)
        writer.member("priority", Int(job.priority))
        writer.member("attempt", job.attempt)
        writer.member("maxAttempts", job.maxAttempts)
        if extent > .least { writer.memberIfPresent("progressMessage", job.progressMessage) }
        if knowsSubstate { writer.memberIfPresent("substate", job.substate(at: now)?.rawValue) }
        writer.member("runAt", job.runAt)
        if !job.after.isEmpty, extent > .least { writer.member("after", job.after.map(\.description)) }
    }

    private func writeRest(to writer: inout JSONWriter) {
        let tags = job.metadata == .emptyObject || extent == .least ? [] : job.tags
        if !tags.isEmpty { writer.member("tags", tags) }
        if extent == .whole { writer.memberIfPresent("metadata", metadata) }
        if extent == .whole { writer.memberIfPresent("data", job.data) }
        writer.memberIfPresent("resultType", job.resultType?.rawValue)
        if extent == .whole { writer.memberIfPresent("resultLocation", publicLocation) }
        if let failure = job.failure { writer.member("failure") { write(failure, to: &$0) } }
        writer.memberIfPresent("uniqueKey", job.uniqueKey)
        writer.memberIfPresent("timeoutSeconds", job.timeoutSeconds)
        if extent == .whole { writer.memberIfPresent("traceparent", job.traceparent) }
        writer.member("updatedAt", job.updatedAt)
        writer.memberIfPresent("cancelAcknowledgedAt", job.cancelAcknowledgedAt)
        writer.memberIfPresent("recordExpiresAt", job.recordExpiresAt)
        writer.member("rev", job.rev)
    }

    /// A URL that somebody else gave as the result's place; keys of our own storage are nobody's business.
    private var publicLocation: String? {
        guard let location = job.resultLocation, location.hasPrefix("http://") || location.hasPrefix("https://")
        else { return nil }
        return location
    }

    private func write(_ failure: JobFailure, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("code", failure.code)
            // It is the error once more.
            if extent == .whole { writer.member("message", failure.message) }
            if extent == .whole { writer.memberIfPresent("details", failure.details) }
        }
    }

    private static func writeLinks(_ id: String, to writer: inout JSONWriter) {
        writer.member("self", "/api/jobs/\(id)")
        writer.member("events", "/api/jobs/\(id)/events")
        writer.member("cancel", "/api/jobs/\(id)/cancel")
        writer.member("result", "/api/jobs/\(id)/result")
    }
}
