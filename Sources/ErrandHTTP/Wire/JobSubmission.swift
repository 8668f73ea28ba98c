#if Server
import Errand
import FoundationEssentials

/// Reads the body of a submit, strictly, into a job of a known type.
struct JobSubmission {
    private var job: NewJob
    private var tags: [String]?
    private var delaySeconds: Int64?
    private var webhook: JSONText?
    /// What is left to the type, as the body does not say it.
    private var unsaid: NewJob.Unsaid = [.queue, .maxAttempts, .timeoutSeconds]

    /// Reads a request's body; a field that nobody knows is refused.
    static func job(from body: JSONText, types: JobTypes, isKeyed: Bool = false) throws -> NewJob {
        try read(body, types: types, isLenient: false, isKeyed: isKeyed).job
    }

    /// Reads a request's body; answers with the fields that were passed over, too.
    ///
    /// - Parameters:
    ///   - body: What was sent.
    ///   - types: Those that jobs may have.
    ///   - isLenient: Whether fields that nobody knows are passed over.
    ///   - isKeyed: Whether the request has a key, by which its repetition is known.
    /// - Returns: The job, and the names of what was passed over.
    /// - Throws: ``Problem`` with every field that is wrong.
    static func read(
        _ body: JSONText,
        types: JobTypes,
        isLenient: Bool,
        isKeyed: Bool = false
    ) throws -> (job: NewJob, ignored: [String]) {
        let object = try body.object()
        let type = try knownType(object, types)
        var submission = JobSubmission(job: type.job())
        var reader = FieldReader.read(object, isLenient: isLenient) { reader, name, value in
            submission.take(name, value, &reader) || submission.takeOption(name, value, &reader)
                || submission.takeSubmitter(name, value, &reader)
        }
        submission.finish(&reader)
        try reader.finish()
        if let webhook = submission.webhook {
            submission.job.webhook = try WebhookRequest.own(webhook, within: "/webhook")
        }
        try type.check(submission.job.payload)
        // Before the type completes the job: what it adds may be another thing next time.
        if isKeyed || submission.job.id != nil {
            submission.job.request = NewJob.Request(said: submission.job.said(leavingOut: submission.unsaid))
        }
        try type.admit(&submission.job)
        return (submission.job, reader.ignored)
    }

    private init(job: NewJob) {
        self.job = job
    }

    private static func knownType(_ object: JSONObject, _ types: JobTypes) throws(Problem) -> JobType {
        guard let value = object["type"], !value.isNull else {
            throw .field("/type", "required", "type is missing; it names what should run the job.")
        }
        guard let name = value.stringValue else {
            throw .field("/type", "wrong-type", "type is \(value.string.quotable); it must be a string.")
        }
        if let type = types[Name(name)] { return type }
        let detail = "There is no job type \"\(name.quotable)\"; GET /api/job-types lists them."
        throw Problem(
            .unknownJobType,
            detail,
            parts: [.init(pointer: "/type", code: "unknown-job-type", detail: detail)]
        )
    }

    private mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "type": break
        case "payload": job.payload = reader.object(name, value) ?? job.payload
        case "id": job.id = reader.identifier(name, value)
        case "projectId": job.projectId = reader.name(name, value)
        case "projectName": job.projectName = reader.string(name, value)
        case "queue":
            guard let queue = reader.queue(name, value) else { break }
            job.queue = queue
            unsaid.remove(.queue)
        case "priority":
            let range = Int64(Int16.min)...Int64(Int16.max)
            if let priority = reader.integer(name, value, in: range) { job.priority = Int16(priority) }
        case "runAt": job.runAt = reader.moment(name, value)
        case "delaySeconds": delaySeconds = reader.integer(name, value, in: 0...Int64(JobLimits.longestDelay))
        case "after": takeAfter(value, &reader)
        default: return false
        }
        return true
    }

    private mutating func takeOption(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "maxAttempts":
            guard let count = reader.integer(name, value, in: 1...1000) else { break }
            job.maxAttempts = Int(count)
            unsaid.remove(.maxAttempts)
        case "timeoutSeconds":
            guard let seconds = reader.integer(name, value, in: 1...2_592_000) else { break }
            job.timeoutSeconds = Int(seconds)
            unsaid.remove(.timeoutSeconds)
        case "uniqueKey": job.uniqueKey = reader.name(name, value)
        case "onConflict": takeConflictPolicy(value, &reader)
        case "tags": tags = reader.strings(name, value)
        case "metadata": job.metadata = reader.object(name, value) ?? job.metadata
        case "webhook": webhook = value.isNull ? nil : value
        case "recordExpiresAt": job.recordExpiresAt = reader.integer(name, value, in: 0...253_402_300_799)
        default: return false
        }
        return true
    }

    private mutating func takeSubmitter(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "createdBy": job.createdBy = reader.string(name, value)
        case "createdByName": job.createdByName = reader.string(name, value)
        default: return false
        }
        return true
    }

    private mutating func takeAfter(_ value: JSONText, _ reader: inout FieldReader) {
        guard let texts = reader.strings("after", value) else { return }
        for (index, text) in texts.enumerated() {
            guard let id = JobID(text) else {
                reader.refuse("after", "invalid", "after[\(index)] is \"\(text.quotable)\"; it must be a UUID.")
                return
            }
            job.after.append(id)
        }
    }

    private mutating func takeConflictPolicy(_ value: JSONText, _ reader: inout FieldReader) {
        guard let text = reader.string("onConflict", value) else { return }
        guard let policy = NewJob.ConflictPolicy(rawValue: text) else {
            let all = NewJob.ConflictPolicy.allCases.map(\.rawValue).joined(separator: ", ")
            return reader.refuse(
                "onConflict",
                "invalid",
                "onConflict is \"\(text.quotable)\"; it must be one of \(all)."
            )
        }
        job.onConflict = policy
    }

    /// What takes several fields together.
    private mutating func finish(_ reader: inout FieldReader) {
        if let delaySeconds {
            if job.runAt != nil {
                reader.refuse("delaySeconds", "exclusive", "Give either runAt or delaySeconds, not both.")
            }
            job.delaySeconds = Int(delaySeconds)
        }
        guard let tags else { return }
        // Metadata was read as an object above.
        let members = (try? job.metadata.object().members) ?? []
        guard !members.contains(where: { $0.name == "tags" }) else {
            return reader.refuse("tags", "exclusive", "Give either tags or metadata.tags, not both.")
        }
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in members { writer.member(name, value) }
            writer.member("tags") { writer in writer.array { writer in for tag in tags { writer.value(tag) } } }
        }
        job.metadata = writer.text
    }
}

extension JobType {
    /// Refuses a payload that is not as the type's schema wants it, with all that is wrong.
    fileprivate func check(_ payload: JSONText) throws(Problem) {
        var reader = FieldReader()
        reader.refuse(violations(in: payload), of: "payload")
        try reader.finish()
    }
}
#endif
