#if Server
import Errand

/// Parameters that several operations have.
extension Parameter {
    static let jobID = path(
        "id",
        .either(.uuid, .string(pattern: "^[1-9][0-9]{0,17}$")),
        "The job: its id, or its number.",
        example: "42"
    )
    static let keyID = path("id", .uuid, "The key's id.", example: "01a1fd32-cc65-7489-a3e2-8ed8e90e1f74")
    static let webhookID = path("id", .uuid, "The webhook's id.", example: "01a1fd32-cc65-7489-a3e2-8ed8e90e1f74")
    static let deliveryID = path(
        "deliveryId",
        .uuid,
        "The delivery's id.",
        example: "01a1fd32-cc65-7489-a3e2-8ed8e90e1f75"
    )
    static let workerID = path("workerId", .string(1...200), "What opening the session answered.", example: "w_4fT…")
    static let project = path(
        "projectId",
        .text,
        "The project; one without anything is empty, not missing.",
        example: "demo"
    )
    static let queue = path("name", .name, "The queue's name.", example: "default")
    static let dataset = path("name", .text, "The dataset's name.", example: "invoices")

    /// How many records a page has.
    static func limit(_ meaning: String, maximum: Int = 200) -> Parameter {
        query("limit", .count, "\(meaning) 50 when left out or 0; more than \(maximum) are \(maximum).")
    }

    static let cursor = query("cursor", .string(32...32), "Where the page begins: from the Link with rel=next.")
    static let redirect = query(
        "redirect",
        .words(["true", "false", "1", "0"]),
        "false: say the link in the body instead of redirecting to it."
    )
    static let filename = query(
        "filename",
        .string(1...255, pattern: "^[^\\u0000-\\u001F\\u007F]+$"),
        "What people see the file as; at most 255 bytes.",
        isRequired: true
    )

    static let ifMatch = header("If-Match", .text, "The job's ETag: the request is refused when it has changed since.")
    static let requiredIfMatch = header(
        "If-Match",
        .text,
        "The ETag of what is to be changed, or *: the request is refused when it has changed since.",
        isRequired: true
    )
    static let ifNoneMatch = header("If-None-Match", .text, "An ETag that is known: 304 while nothing has changed.")
    static let lastEventID = header("Last-Event-ID", .text, "The id of the last event that came.")
    static let range = header("Range", .text, "One range of bytes, such as bytes=0-1023.")
    static let ifRange = header("If-Range", .text, "Never matches, as files have no ETag: the whole file is sent.")
    static let traceparent = header("traceparent", .text, "The W3C trace context that the job's run belongs to.")
    static let jobLease = header("Job-Lease", .string(80...80), "The token of the claim.", isRequired: true)
    static let jobFence = header("Job-Fence", .text, "The fence of the claim; when given it must be the token's.")

    /// The client's own name for the request, by which its repetition is known.
    static func idempotencyKey(isRequired: Bool = false) -> Parameter {
        header(
            "Idempotency-Key",
            .string(pattern: #"^([!#-~]{1,255}|"([ !#-\[\]-~]|\\["\\]){1,255}")$"#),
            "Your own name for this request, as text in quotes or one word; the same again is the same request.",
            isRequired: isRequired
        )
    }
}
#endif
