#if Server
import Errand

extension JobSubmission {
    /// What the body of a submit may be where some types are known.
    ///
    /// - Parameters:
    ///   - types: Those types.
    ///   - isInBulk: Whether it is one of several jobs of a request, which may wait for each other.
    /// - Returns: The schema.
    static func schema(_ types: JobTypes, inBulk isInBulk: Bool = false) -> Schema {
        let waited: Schema = isInBulk ? .either(.uuid, .string(pattern: BulkReferences.pattern)) : .uuid
        let time = Schema.integer(0...253_402_300_799)
        return Schema.fields([
            "type": (types.names.isEmpty ? Schema.name : .words(types.names.map(\.text))).about("What runs it."),
            "payload": Schema.anyObject.atMost(bytes: JobLimits.payloadBytes, "What the type works on.").optional,
            "id": newID.about("Your own id, a UUID of version 7 or 8: the same again is the same job.").optional,
            "projectId": Schema.name.optional,
            "projectName": Schema.name.optional,
            "queue": Schema.name.about("Another queue than the type's; errand. is no beginning for it.").optional,
            "priority": Schema.integer(-32768...32767).about("What is lower runs sooner.").standard("0").optional,
            "runAt": Schema.time.about("When it may run, in the years 1970 to 9999; or delaySeconds.").optional,
            "delaySeconds": Schema.delay.about("In how many seconds it may run; or runAt.").optional,
            "after": Schema.array(waited, count: 0...JobLimits.dependencies)
                .about(
                    "Jobs that have to complete before it runs\(isInBulk ? "; #/jobs/0 is the first of these" : "")."
                )
                .optional,
            "maxAttempts": Schema.integer(1...1000).about("How often it may be begun; left out: the type's.").optional,
            "timeoutSeconds": Schema.integer(1...2_592_000).about("How long a run may take.").optional,
            "uniqueKey": Schema.name.about("Only one job of the type and tenant that has not ended may have it.")
                .optional,
            "onConflict": Schema.words(NewJob.ConflictPolicy.allCases.map(\.rawValue))
                .about("What to do when another job has the uniqueKey; replace makes all that is said here that job's.")
                .standard("\"return\"").optional,
            "tags": Schema.array(.text).about("Kept as metadata.tags; lists can be filtered by them.").optional,
            "metadata": Schema.anyObject.atMost(
                bytes: JobLimits.dataBytes,
                "Your own; shown with the job, and in lists on demand."
            ).optional,
            "recordExpiresAt": time.about("When the record may be deleted, in seconds since 1970.").optional,
            "webhook": WebhookRequest.ownSchema.about("An address that is told of this job's end.").optional,
            "createdBy": Schema.name.about("In whose name: with admin alone.").optional,
            "createdByName": Schema.name.about("Their name, for people: with admin alone.").optional,
        ]).named(isInBulk ? "BulkJobRequest" : "JobRequest")
    }

    private static let newID = Schema.string(
        pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[78][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        format: "uuid"
    )

    /// A body that may be sent where some types are known: of the first that takes such a payload.
    static func example(_ types: JobTypes) -> String {
        let payload = JSONText(trusted: #"{"text":"to be or not to be"}"#)
        let type = types.names.first { name in
            guard let type = types[name], type.violations(in: payload).isEmpty else { return false }
            var job = type.job(payload: payload)
            do { try type.admit(&job) } catch { return false }
            return true
        }
        return "{\"type\":\"\(type ?? types.names.first ?? "count")\",\"payload\":\(payload.string),"
            + "\"delaySeconds\":60,\"uniqueKey\":\"my own\",\"tags\":[\"words\"]}"
    }
}
#endif
