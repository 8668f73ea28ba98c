#if Server
import Errand
import FoundationEssentials

/// A job as the API shows it: the keys of PAStools first and in their order, ours after them.
///
/// The metadata and what is internal are never in it, and the payload only where it is asked for.
struct JobJSON {
    let job: Job
    /// Decides whether `runAt` has come.
    let now: Date
    /// Whether the state beyond the status is known; a job that was not read back may wait in a paused queue.
    var knowsSubstate = true
    /// Set in the reply to a submit that found the job already there.
    var isExisting = false
    /// What a reader asked for beside that.
    var includes: JobIncludes?
    /// Fields of a submit that nobody knew.
    var ignored: [String] = []

    func write(to writer: inout JSONWriter) {
        let id = job.id.description
        writer.object { writer in
            writePAStools(id, to: &writer)
            writeState(to: &writer)
            writeRest(to: &writer)
            writer.member("links") { $0.object { Self.writeLinks(id, to: &$0) } }
            includes?.write(job, to: &writer)
            if isExisting { writer.member("existing", true) }
            if !ignored.isEmpty { writer.member("warnings") { writeWarnings(to: &$0) } }
        }
    }

    private func writePAStools(_ id: String, to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("type", job.type)
        writer.memberIfPresent("projectId", job.projectId)
        writer.memberIfPresent("projectName", job.projectName)
        writer.member("status", job.status.rawValue)
        writer.member("progress", job.progress ?? 0)
        writer.memberIfPresent("result", job.result)
        writer.memberIfPresent("error", job.error)
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
        writer.memberIfPresent("progressMessage", job.progressMessage)
        if knowsSubstate { writer.memberIfPresent("substate", job.substate(at: now)?.rawValue) }
        writer.member("runAt", job.runAt)
        if !job.after.isEmpty {
            writer.member("after") { writer in
                writer.array { writer in for id in job.after { writer.value(id.description) } }
            }
        }
    }

    private func writeRest(to writer: inout JSONWriter) {
        let tags = job.metadata == .emptyObject ? [] : job.tags
        if !tags.isEmpty {
            writer.member("tags") { writer in writer.array { writer in for tag in tags { writer.value(tag) } } }
        }
        writer.memberIfPresent("data", job.data)
        writer.memberIfPresent("resultType", job.resultType?.rawValue)
        writer.memberIfPresent("resultLocation", publicLocation)
        if let failure = job.failure {
            writer.member("failure") { writer in
                writer.object { writer in
                    writer.member("code", failure.code)
                    writer.member("message", failure.message)
                    writer.memberIfPresent("details", failure.details)
                }
            }
        }
        writer.memberIfPresent("uniqueKey", job.uniqueKey)
        writer.memberIfPresent("timeoutSeconds", job.timeoutSeconds)
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

    private func writeWarnings(to writer: inout JSONWriter) {
        writer.array { writer in
            for name in ignored { writer.value("There is no field \"\(name.quotable)\"; it was passed over.") }
        }
    }

    private static func writeLinks(_ id: String, to writer: inout JSONWriter) {
        writer.member("self", "/api/jobs/\(id)")
        writer.member("events", "/api/jobs/\(id)/events")
        writer.member("cancel", "/api/jobs/\(id)/cancel")
        writer.member("result", "/api/jobs/\(id)/result")
    }
}
#endif
