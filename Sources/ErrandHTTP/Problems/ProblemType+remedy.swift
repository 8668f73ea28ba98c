#if Server
extension ProblemType {
    /// What to do about it.
    var remedy: String {
        switch self {
        case .malformedRequest: "Send the request as RFC 9112 has it, with a client that is made for it."
        case .invalidJSON: "Send one JSON value in UTF-8, without duplicate keys, NUL, lone surrogates or 65 levels."
        case .invalidParameter: "errors names the parameter of the query or the header field, and what it may be."
        case .idempotencyKeyRequired: "Send Idempotency-Key with a text of your own, a UUID for example."
        case .unauthenticated: "Send Authorization: Bearer and a key or token that is neither revoked nor expired."
        case .forbidden: "Use a credential that has the scope which WWW-Authenticate names."
        case .notFound: "Look at the path. What belongs to another tenant or project is not there either."
        case .methodNotAllowed: "Allow names the methods that the path has."
        case .notAcceptable: "Leave Accept out, or accept the type that detail names."
        case .requestTimeout: "Send the head within seconds, and the body without long pauses."
        case .conflict: "Read the present state, and decide anew."
        case .jobNotCancellable: "Nothing: the job has ended, as currentStatus says."
        case .jobNotRetryable: "Wait for the job to end. What completed cannot be retried; submit it again."
        case .uniqueConflict: "Use the job that has the unique key, or wait for its end; see onConflict."
        case .leaseLost: "Stop the work and drop the job: another worker may have it."
        case .alreadySettled: "Drop the job: what was said first counts."
        case .sessionExpired: "Open a session with the old workerId; leases that are renewed live on."
        case .notCompleted: "Wait for the job: poll it, or follow its events."
        case .confirmTokenStale: "Ask again with dryRun, look at the count, and confirm with the new token."
        case .gone: "Nothing: records, results and uploads are kept for a time that the installation sets."
        case .preconditionFailed: "Read it again, and send the new ETag with If-Match."
        case .preconditionRequired: "Read it, and send its ETag with If-Match; * changes it whatever it is by now."
        case .tooLarge: "Send less at a time; a large payload belongs into an upload."
        case .targetTooLong: "Shorten the query."
        case .unsupportedMedia: "Send Content-Type: application/json, and no Content-Encoding."
        case .rangeNotSatisfiable: "Ask for a range within the size that Content-Range names."
        case .validation: "errors has a JSON pointer to each field that is wrong, and what it may be."
        case .idempotencyMismatch: "Use a new Idempotency-Key or id for a new request."
        case .unknownJobType: "GET /api/job-types lists the types that the server knows."
        case .unsafeURL: "Give an https URL on port 443 or 80 of a host whose addresses are all public."
        case .quotaExceeded: "Come back after Retry-After; the operator sets how much a tenant may have at a time."
        case .headersTooLarge: "Send fewer or shorter header fields."
        case .internal: "Tell the operator the requestId: the server's log says what happened."
        case .storageUnavailable: "Send the request again after Retry-After; with an Idempotency-Key that is safe."
        case .storageFull: "Tell the operator. Jobs that run can still end."
        }
    }
}
#endif
