import FoundationEssentials

extension JobContext {
    /// Says how far the job is; the latest call wins.
    ///
    /// - Parameters:
    ///   - percent: 0 to 100; other values are clamped.
    ///   - message: What is being done, at most 1 KiB; nil leaves what was said last.
    public func progress(_ percent: Int, _ message: String? = nil) {
        run.note { report in
            report.progress = percent
            report.message = message ?? report.message
        }
    }

    /// Shows something beside the progress; replaces what was shown before.
    ///
    /// - Parameter json: An object of at most 64 KiB.
    /// - Throws: ``JobStoreError`` with code `invalid` for anything else.
    public func data(_ json: JSONText) throws {
        try NewJob.checkObject(json, JobLimits.dataBytes, "/data")
        run.note { $0.data = json }
    }

    /// Shows a value beside the progress; replaces what was shown before.
    ///
    /// - Parameter value: Encoded to an object of at most 64 KiB.
    /// - Throws: ``JobStoreError`` with code `invalid` for anything else, or what encoding threw.
    public func data(_ value: some Encodable) throws { try data(JSONText.encode(value)) }

    /// Adds a line to the job's log, which its users can read.
    ///
    /// - Parameters:
    ///   - message: The text; cut at 8 KiB. After 1,000 lines of one run the rest is dropped.
    ///   - level: How much it matters.
    public func log(_ message: String, level: LogLine.Level = .info) {
        let line = LogLine(at: run.engine.timing.wall(), level: level, message: message)
        run.note(line)
    }

    /// Adds a line to the job's log, which its users can read.
    ///
    /// - Parameters:
    ///   - level: How much it matters.
    ///   - message: The text; cut at 8 KiB. After 1,000 lines of one run the rest is dropped.
    public func log(_ level: LogLine.Level, _ message: String) { log(message, level: level) }

    /// Stores how far the handler came, for the next run should this one be lost; durable when it returns.
    ///
    /// - Parameter json: At most 256 KiB; replaces the one before.
    /// - Throws: `CancellationError` when the run is not the job's any more, ``JobStoreError`` when the store stayed
    ///   unreachable or the checkpoint is too large.
    public func checkpoint(_ json: JSONText) async throws {
        try json.checkSize(JobLimits.checkpointBytes, "/checkpoint")
        var report = RunReport(lease: lease)
        report.checkpoint = json
        try await run.engine.write(report, of: run)
        run.remember(checkpoint: json)
    }

    /// Stores how far the handler came, for the next run should this one be lost; durable when it returns.
    ///
    /// - Parameter value: Encoded to at most 256 KiB; replaces the one before.
    /// - Throws: `CancellationError` when the run is not the job's any more, ``JobStoreError`` when the store stayed
    ///   unreachable or the checkpoint is too large, or what encoding threw.
    public func checkpoint(_ value: some Encodable) async throws {
        try await checkpoint(JSONText.encode(value))
    }

    /// The latest checkpoint, of this run or an earlier one, as it was written.
    public var checkpoint: JSONText? { run.checkpoint }

    /// Reads the latest checkpoint, of this run or an earlier one; nil when there is none.
    public func checkpoint<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try run.checkpoint?.decode(as: type)
    }
}
