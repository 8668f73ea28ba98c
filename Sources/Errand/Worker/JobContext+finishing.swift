import FoundationEssentials

// What takes effect together with the end of the run, or not at all.
extension JobContext {
    /// Submits a job for the same tenant, in the transaction that completes or snoozes this one.
    ///
    /// When this run fails, is lost, cancelled or given back, nothing was submitted; the next run submits again.
    ///
    /// - Parameter job: What to submit; an identifier is made when it has none.
    /// - Returns: The identifier it will have, unless another job has its unique key.
    /// - Throws: ``JobStoreError`` when the job cannot be stored as it is.
    @discardableResult
    public func submit(_ job: NewJob) throws -> JobID {
        var job = job
        let id = job.id ?? run.engine.identifiers.next(at: run.engine.timing.wall())
        job.id = id
        if let type = run.engine.handlers.types[job.type] { try type.accept(&job) }
        job.projectId = job.projectId ?? projectId
        job.createdBy = job.createdBy ?? createdBy
        job.traceparent = job.traceparent ?? run.job.traceparent
        try job.validate()
        run.follow(with: job)
        return id
    }

    /// Submits a job of a type with a typed payload, in the transaction that ends this one.
    ///
    /// - Parameters:
    ///   - type: The type's name.
    ///   - payload: Encoded to a JSON object.
    ///   - options: What else should hold.
    /// - Returns: The identifier it will have, unless another job has its unique key.
    /// - Throws: ``JobStoreError`` when the job cannot be stored as it is, or what encoding threw.
    @discardableResult
    public func submit(
        _ type: Name,
        _ payload: some Encodable,
        options: SubmitOptions = SubmitOptions()
    ) throws -> JobID {
        let type = run.engine.handlers.types[type] ?? JobType(type)
        return try submit(options.job(of: type, payload: JSONText.encode(payload)))
    }

    /// Attaches a file to the job's result; it is in object storage already, and lives as long as the job's record.
    public func file(_ file: JobFile) { run.attach(file) }

    /// The payload as a value; a failure to decode it is permanent.
    func decodePayload<Payload: Decodable>(as type: Payload.Type = Payload.self) throws -> Payload {
        do {
            return try payload.decode(as: type)
        } catch let error as DecodingError {
            throw JobError.undecodable(error)
        }
    }
}

extension JobError {
    /// Names the place in the payload and what was wrong with it.
    static func undecodable(_ error: DecodingError) -> JobError {
        let (path, reason) = error.placeAndReason
        let pointer = path.map { key in
            "/" + (key.intValue.map(String.init) ?? key.stringValue.pointerEscaped)
        }.joined()
        var writer = JSONWriter()
        writer.object { $0.member("pointer", pointer) }
        return .permanent(
            "The payload cannot be decoded\(pointer.isEmpty ? "" : " at \(pointer)"): \(reason)",
            code: JobFailure.Code.undecodablePayload,
            details: writer.text
        )
    }
}

extension DecodingError {
    fileprivate var placeAndReason: ([any CodingKey], String) {
        switch self {
        case .typeMismatch(_, let context), .dataCorrupted(let context): (context.codingPath, context.debugDescription)
        case .valueNotFound(_, let context): (context.codingPath, context.debugDescription)
        case .keyNotFound(let key, let context): (context.codingPath + [key], "it is missing")
        @unknown default: ([], "\(self)")
        }
    }
}
