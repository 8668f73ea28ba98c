extension RunReport {
    /// The report as it may be stored: progress clamped to 0...100, message and log lines cut to their limits, the
    /// times of lines moved to the nearest moment.
    ///
    /// Throws `invalid` when data or checkpoint are too large or data is not an object, since cutting JSON breaks it.
    public func normalized() throws(JobStoreError) -> RunReport {
        var report = self
        report.progress = progress.map { min(max($0, 0), 100) }
        report.message = message?.cut(toBytes: JobLimits.progressMessageBytes)
        if let data { try NewJob.checkObject(data, JobLimits.dataBytes, "/data") }
        if let checkpoint { try checkpoint.checkSize(JobLimits.checkpointBytes, "/checkpoint") }
        for index in report.logs.indices {
            report.logs[index].message = report.logs[index].message.cut(toBytes: JobLimits.logLineBytes)
            report.logs[index].at = report.logs[index].at.wholeMilliseconds
        }
        return report
    }
}

extension JobFailure {
    /// The failure as it may be stored: texts cut to their limits, details that are too large left out.
    public var normalized: JobFailure {
        JobFailure(
            code: code.isEmpty ? Code.failed : code.cut(toBytes: JobLimits.nameBytes),
            message: message.cut(toBytes: JobLimits.errorBytes),
            details: details.flatMap { $0.utf8Count <= JobLimits.detailsBytes ? $0 : nil }
        )
    }
}

extension JobResult {
    /// Throws `invalid` when the inline value is larger than 256 KiB.
    public func validate() throws(JobStoreError) {
        if let value { try value.checkSize(JobLimits.resultBytes, "/result") }
    }
}

extension Settlement {
    /// The settlement as it may be stored; throws `invalid` for what cannot be cut.
    public func normalized() throws(JobStoreError) -> Settlement {
        var settlement = self
        settlement.report = try report?.normalized()
        switch outcome {
        case .complete(let result): try result.validate()
        case .fail(let failure, let delay): settlement.outcome = .fail(failure.normalized, retryAfter: delay)
        case .snooze, .release, .acknowledgeCancel: break
        }
        for (index, job) in followUps.enumerated() { try job.validate(at: index) }
        return settlement
    }

    /// The settlement as it may be stored, or why it cannot be: among several the others go on.
    public func checked() -> Result<Settlement, JobStoreError> {
        do throws(JobStoreError) { return .success(try normalized()) } catch { return .failure(error) }
    }
}

extension TrackedUpdate {
    /// The update as it may be stored; throws `invalid` for what cannot be cut.
    public func normalized() throws(JobStoreError) -> TrackedUpdate {
        var update = self
        update.progress = progress.map { min(max($0, 0), 100) }
        update.message = message?.cut(toBytes: JobLimits.progressMessageBytes)
        update.failure = failure?.normalized
        if let data { try NewJob.checkObject(data, JobLimits.dataBytes, "/data") }
        if let internalData { try NewJob.checkObject(internalData, JobLimits.dataBytes, "/internalData") }
        try result?.validate()
        if status == .queued || status == .cancelled {
            throw .invalid(
                "a tracked job is moved to running, completed or failed; cancel and retry are calls",
                "/status"
            )
        }
        return update
    }
}
