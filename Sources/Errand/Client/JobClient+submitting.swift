extension JobClient {
    /// Submits a job of a type with a typed payload; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - type: The type's name.
    ///   - payload: Encoded to a JSON object.
    ///   - options: What else should hold.
    /// - Returns: The job's identifier and number, and whether it is new.
    /// - Throws: ``JobStoreError`` when it was not stored, or what encoding threw.
    @discardableResult
    public func submit(
        _ type: Name,
        _ payload: some Encodable,
        options: SubmitOptions = SubmitOptions()
    ) async throws -> InsertedJob {
        try await submit(options.request(of: known(type, "/0/type"), payload: JSONText.encode(payload)))
    }

    /// Submits many jobs of a type with typed payloads: all of them or, when one is refused, none.
    ///
    /// - Parameters:
    ///   - type: The type's name.
    ///   - payloads: Each encoded to a JSON object.
    ///   - options: What else should hold for all of them.
    /// - Returns: The jobs' identifiers and numbers, in the order of the payloads.
    /// - Throws: ``JobStoreError`` when they were not stored, or what encoding threw.
    @discardableResult
    public func submit(
        _ type: Name,
        all payloads: some Collection<some Encodable>,
        options: SubmitOptions = SubmitOptions()
    ) async throws -> [InsertedJob] {
        let type = try known(type, "/0/type")
        return try await submit(payloads.map { options.request(of: type, payload: try JSONText.encode($0)) })
    }

    /// Submits a payload that knows its type's name; the form that users of swift-jobs know.
    ///
    /// - Parameters:
    ///   - parameters: The payload.
    ///   - options: What else should hold.
    /// - Returns: The job's identifier and number, and whether it is new.
    /// - Throws: ``JobStoreError`` when it was not stored, or what encoding threw.
    @discardableResult
    public func push<Parameters: JobParameters>(
        _ parameters: Parameters,
        options: SubmitOptions = SubmitOptions()
    ) async throws -> InsertedJob {
        try await submit(Name(Parameters.jobName), parameters, options: options)
    }

    /// Submits one job as it is; a type's defaults are in it when ``JobType/job(payload:)`` made it.
    @discardableResult
    public func submit(_ job: NewJob) async throws(JobStoreError) -> InsertedJob {
        guard let inserted = try await submit([job]).first else {
            throw JobStoreError(.unavailable, "the store answered nothing to an insert of one job")
        }
        return inserted
    }

    /// Submits jobs as they are: all of them or, when one is refused, none; answers in their order.
    @discardableResult
    public func submit(_ jobs: [NewJob]) async throws(JobStoreError) -> [InsertedJob] {
        var admitted = jobs
        for index in admitted.indices where admitted[index].tracking == nil {
            try admit(&admitted[index], at: index)
        }
        return try await store.insert(admitted, continuing: nil, scope: scope)
    }

    /// Records a job that something else runs and reports on; any type will do.
    ///
    /// - Parameters:
    ///   - job: What to record.
    ///   - staleAfter: Fail it with code `stale` when it was not updated for this long; nil is never.
    ///   - startsRunning: Whether it runs already.
    /// - Returns: The job's identifier and number.
    /// - Throws: ``JobStoreError`` when it was not stored.
    @discardableResult
    public func track(
        _ job: NewJob,
        staleAfter: Duration? = nil,
        startsRunning: Bool = false
    ) async throws(JobStoreError) -> InsertedJob {
        var job = job
        job.tracking = Tracking(staleAfterSeconds: staleAfter?.secondsFromOne)
        job.startsRunning = startsRunning
        return try await submit(job)
    }

    private func admit(_ job: inout NewJob, at index: Int) throws(JobStoreError) {
        guard let types else { return }
        let type = try known(job.type, "/\(index)/type", in: types)
        do {
            try type.accept(&job)
        } catch {
            throw error.moved(below: "/\(index)")
        }
    }

    private func known(_ name: Name, _ pointer: String) throws(JobStoreError) -> JobType {
        guard let types else { return JobType(name) }
        return try known(name, pointer, in: types)
    }

    private func known(_ name: Name, _ pointer: String, in types: JobTypes) throws(JobStoreError) -> JobType {
        if let type = types[name] { return type }
        let names =
            types.names.isEmpty
            ? "no type is registered" : "known are \(types.names.map(\.text).joined(separator: ", "))"
        throw .invalid("unknown job type \(name); \(names)", pointer)
    }
}

extension JobStoreError {
    /// The same refusal, its pointer below another; for a part of a batch.
    fileprivate func moved(below prefix: String) -> JobStoreError {
        guard let pointer, !pointer.hasPrefix(prefix) else { return self }
        return JobStoreError(
            code,
            message,
            pointer: prefix + pointer,
            currentStatus: currentStatus,
            underlying: underlying
        )
    }
}
