/// What is to be changed of a job that waits; only what is set is written.
public struct JobAmendment: Sendable, Hashable {
    /// When a job may run.
    public enum Due: Sendable, Hashable {
        /// As soon as a worker is free.
        case now
        /// Not before a time.
        case at(Moment)
    }

    /// Lower runs first.
    public var priority: Int16?
    /// When it may run.
    public var due: Due?
    /// The lane to wait in.
    public var queue: Name?
    /// Takes the place of `metadata.tags`; none takes the tags away.
    public var tags: [String]?

    /// Creates an amendment that changes nothing.
    public init() {}
}

extension JobAmendment {
    /// Refuses what no store could keep; stores call it before they change anything.
    ///
    /// - Throws: `invalid`, with a pointer to the part and a message that names the value.
    public func validate() throws(JobStoreError) {
        if let queue { try NewJob.checkName(queue.text, "/queue") }
        if let tags, tags.contains(where: { $0.utf8.contains(0) }) { throw .invalid("must not contain NUL", "/tags") }
    }

    /// The job's metadata with the tags in it; the other members stay as they are spelt.
    func metadata(of job: Job) -> JSONText {
        guard let tags, tags.map({ Name($0) }) != job.tags.map({ Name($0) }) else { return job.metadata }
        // Stored metadata is an object.
        let members = (try? job.metadata.object().members) ?? []
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in members where name != "tags" { writer.member(name, value) }
            guard !tags.isEmpty else { return }
            writer.member("tags") { writer in writer.array { writer in for tag in tags { writer.value(tag) } } }
        }
        return writer.text
    }
}

extension Job {
    /// Changes how a queued job waits; what is as it was is no change.
    mutating func amend(_ amendment: JobAmendment, at time: StoreTime) throws(TransitionRefusal) {
        try require(status == .queued, .status)
        endStop(at: time)
        // The place that its cancelled run holds is one of the queue it is in.
        try require(stopping == nil || amendment.queue ?? queue == queue, .stopping)
        let before = self
        metadata = amendment.metadata(of: self)
        try require(metadata == before.metadata || metadata.utf8Count <= JobLimits.dataBytes, .oversize)
        priority = amendment.priority ?? priority
        queue = amendment.queue ?? queue
        switch amendment.due {
        case .now: runAt = time.wall
        case .at(let moment): runAt = moment.date
        case nil: break
        }
        if self != before { touch(time) }
    }
}
