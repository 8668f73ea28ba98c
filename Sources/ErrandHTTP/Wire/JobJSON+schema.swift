#if Server
import Errand

extension JobJSON {
    /// What it is in the API's document.
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
        "priority": Schema.integer(-32768...32767).about("What is lower runs sooner."),
        "attempt": Schema.count.about("How often it was begun, as far as that counts."),
        "maxAttempts": .integer(1...1000),
        "progressMessage": .text.optional,
        "substate": Schema.words(JobSubstate.allCases.map(\.rawValue)).about("Why it waits, or that it runs.").optional,
        "runAt": Schema.time.about("When it may run."),
        "after": Schema.array(.uuid).about("The jobs that have to complete before.").optional,
        "tags": Schema.array(.text).about("Those in its metadata.").optional,
        "metadata": Schema.anyObject.about(
            """
            The submitter's own object, where it is not empty; of a list where include asks for it. What looks like a \
            secret is shown to administrators alone, where include asks for it.
            """
        ).optional,
        "data": Schema.anyObject.about("What its handler shows while it runs.").optional,
        "resultType": Schema.words(ResultType.allCases.map(\.rawValue)).optional,
        "resultLocation": Schema.text.about("A URL that somebody gave as the result's place.").optional,
        "failure": Schema.object(["code": .text, "message": .text, "details": Schema.any.optional]).optional,
        "uniqueKey": .text.optional,
        "timeoutSeconds": .integer(1...2_592_000).optional,
        "traceparent": Schema.text.about("The trace that it belongs to.").optional,
        "updatedAt": .time,
        "cancelAcknowledgedAt": Schema.time.about("When the handler of a cancelled run had stopped.").optional,
        "recordExpiresAt": Schema.count.about("When the record may be deleted, in seconds since 1970.").optional,
        "rev": Schema.count.about("Grows with each change."),
        "payload": Schema.any.about("Where include asks for it; secrets are shown to administrators alone.").optional,
        "attempts": Schema.array(.any).about("Where include asks for them.").optional,
        "logs": Schema.array(.any).about("Where include asks for them.").optional,
        "webhook": JobWebhookJSON.schema.about("What came with its submit, where include asks for it.").optional,
        "links": .object(["self": .text, "events": .text, "cancel": .text, "result": .text]),
    ]).named("Job")
}
#endif
