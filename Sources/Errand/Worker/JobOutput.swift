/// What a handler may return instead of a value to encode: something that says itself what the job's result is.
///
/// ``JobResult`` is one, for results that are kept elsewhere or come with files; ``JSONText`` another, for results that
/// are JSON already.
public protocol JobOutput: SendableMetatype {
    /// The result to record.
    func jobResult() throws -> JobResult
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension JobResult: JobOutput {
    public func jobResult() -> JobResult { self }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension JSONText: JobOutput {
    public func jobResult() -> JobResult { JobResult(self) }
}
