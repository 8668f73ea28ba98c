#if Server
import Errand
import FoundationEssentials

/// A job as the API shows it: the keys of PAStools first and in their order, ours after them.
///
/// The payload, the metadata and what is internal are never in it.
struct JobJSON {
    let job: Job
    /// Decides whether `runAt` has come.
    let now: Date
    /// Whether the state beyond the status is known; a job that was not read back may wait in a paused queue.
    var knowsSubstate = true
    /// Set in the reply to a submit that found the job already there.
    var isExisting = false
    /// Fields of a submit that nobody knew.
    var ignored: [String] = []

    static let schema = Schema.object([
        "id": .uuid,
        "type": .text,
        "projectId": .text.optional,
        "projectName": .text.optional,
        "status": .status,
        "progress": Schema.integer(0...100).about("In percent."),
        "result": Schema.any.about("What it answered, where that is kept in the record.").optional,
        "error": Schema.text.about("Why it failed or was cancelled, for people.").optional,
        "createdAt": .time,
        "startedAt": .time.optional,
        "completedAt": .time.optional,
        "createdBy": .text.optional,
        "createdByName": .text.optional,
        "number": Schema.integer(1...Int64.max).about("Its number in this installation, which can stand for the id."),
        "queue": .text,
        "priority": Schema.integer(-32768...32767).about("What is larger runs sooner."),
        "attempt": Schema.count.about("How often it was begun, as far as that counts."),
        "maxAttempts": .integer(1...1000),
        "progressMessage": .text.optional,
        "substate": Schema.words(JobSubstate.allCases.map(\.rawValue)).about("Why it waits, or that it runs.").optional,
        "runAt": Schema.time.about("When it may run."),
        "after": Schema.array(.uuid).about("The jobs that have to complete before.").optional,
        "tags": Schema.array(.text).optional,
        "data": Schema.anyObject.about("What its handler shows while it runs.").optional,
        "resultType": Schema.words(ResultType.allCases.map(\.rawValue)).optional,
        "resultLocation": Schema.text.about("A URL that somebody gave as the result's place.").optional,
        "failure": Schema.object(["code": .text, "message": .text, "details": Schema.any.optional]).optional,
        "uniqueKey": .text.optional,
        "timeoutSeconds": .integer(1...2_592_000).optional,
        "updatedAt": .time,
        "cancelAcknowledgedAt": Schema.time.about("When the handler of a cancelled run had stopped.").optional,
        "recordExpiresAt": Schema.count.about("When the record may be deleted, in seconds since 1970.").optional,
        "rev": Schema.count.about("Grows with each change."),
        "links": .object(["self": .text, "events": .text, "cancel": .text, "result": .text]),
    ]).named("Job")

    func write(to writer: inout JSONWriter) {
        let id = job.id.description
        writer.object { writer in
            writePAStools(id, to: &writer)
            writeState(to: &writer)
            writeRest(to: &writer)
            writer.member("links") { $0.object { Self.writeLinks(id, to: &$0) } }
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
