#if Server
/// The kinds of problem the API answers with; the raw value is the last part of the type's URI.
enum ProblemType: String, Sendable, CaseIterable {
    case malformedRequest = "malformed-request"
    case invalidJSON = "invalid-json"
    case invalidParameter = "invalid-parameter"
    case idempotencyKeyRequired = "idempotency-key-required"
    case unauthenticated
    case forbidden
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case requestTimeout = "request-timeout"
    case conflict
    case jobNotCancellable = "job-not-cancellable"
    case jobNotRetryable = "job-not-retryable"
    case uniqueConflict = "unique-conflict"
    case leaseLost = "lease-lost"
    case alreadySettled = "already-settled"
    case sessionExpired = "session-expired"
    case notCompleted = "not-completed"
    case confirmTokenStale = "confirm-token-stale"
    case gone
    case preconditionFailed = "precondition-failed"
    case preconditionRequired = "precondition-required"
    case tooLarge = "too-large"
    case targetTooLong = "target-too-long"
    case unsupportedMedia = "unsupported-media"
    case rangeNotSatisfiable = "range-not-satisfiable"
    case validation
    case idempotencyMismatch = "idempotency-mismatch"
    case unknownJobType = "unknown-job-type"
    case unsafeURL = "unsafe-url"
    case quotaExceeded = "quota-exceeded"
    case headersTooLarge = "headers-too-large"
    case `internal`
    case storageUnavailable = "storage-unavailable"
    case storageFull = "storage-full"

    /// The status it is answered with.
    var status: Int {
        switch self {
        case .malformedRequest, .invalidJSON, .invalidParameter, .idempotencyKeyRequired: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .conflict, .jobNotCancellable, .jobNotRetryable, .uniqueConflict, .leaseLost, .notCompleted,
            .alreadySettled, .sessionExpired, .confirmTokenStale:
            409
        case .gone: 410
        case .preconditionFailed: 412
        case .tooLarge: 413
        case .targetTooLong: 414
        case .unsupportedMedia: 415
        case .rangeNotSatisfiable: 416
        case .validation, .idempotencyMismatch, .unknownJobType, .unsafeURL: 422
        case .preconditionRequired: 428
        case .quotaExceeded: 429
        case .headersTooLarge: 431
        case .internal: 500
        case .storageUnavailable: 503
        case .storageFull: 507
        }
    }

    /// What it is called; the same for every problem of the kind.
    var title: String {
        switch self {
        case .malformedRequest: "The request is not HTTP."
        case .invalidJSON: "The body is not JSON that can be kept."
        case .invalidParameter: "A parameter is not valid."
        case .idempotencyKeyRequired: "The request needs an Idempotency-Key."
        case .unauthenticated: "A valid credential is needed."
        case .forbidden: "The request is not allowed."
        case .notFound: "There is no such thing."
        case .methodNotAllowed: "The method is not one of this path."
        case .notAcceptable: "No accepted media type can be given."
        case .requestTimeout: "The request came too slowly."
        case .conflict: "The present state does not allow this."
        case .jobNotCancellable: "The job has ended and cannot be cancelled."
        case .jobNotRetryable: "Only a failed or cancelled job can be retried."
        case .uniqueConflict: "Another job has the unique key."
        case .leaseLost: "The lease is not valid any more."
        case .alreadySettled: "The run has ended in another way."
        case .sessionExpired: "The worker's session is not known any more."
        case .notCompleted: "The job has not come that far."
        case .confirmTokenStale: "What was confirmed is not so any more."
        case .gone: "It existed, and was deleted or has expired."
        case .preconditionFailed: "It changed since it was read."
        case .preconditionRequired: "The request has to say which revision it changes."
        case .tooLarge: "The body is too large."
        case .targetTooLong: "The path and query are too long."
        case .unsupportedMedia: "The body's media type is not accepted."
        case .rangeNotSatisfiable: "The range lies outside the file."
        case .validation: "The body has fields that are not valid."
        case .idempotencyMismatch: "The same id came before with another content."
        case .unknownJobType: "The job type is not known."
        case .unsafeURL: "The URL leads where nothing is sent."
        case .quotaExceeded: "A quota is used up."
        case .headersTooLarge: "The header fields are too large."
        case .internal: "Something went wrong on the server."
        case .storageUnavailable: "The store cannot be reached; try again."
        case .storageFull: "There is no space left."
        }
    }

    /// The type's URI: relative to the server, or IANA's where it is registered there.
    var uri: String {
        self == .quotaExceeded
            ? "https://iana.org/assignments/http-problem-types#quota-exceeded" : "/problems/\(rawValue)"
    }
}
#endif
