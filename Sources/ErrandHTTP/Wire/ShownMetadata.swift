#if Server
import Errand

extension Principal {
    /// Whether it is shown what looks like a secret in payloads and metadata, where it asks for them.
    var seesSecrets: Bool { scopes.allows(.admin) }
}

extension JobJSON {
    /// The same with the submitter's own metadata, where there is any.
    ///
    /// - Parameter isWhole: Whether what looks like a secret in it is shown as well. It never is unasked: a job is read
    ///   by many, and ends up in logs and caches.
    /// - Returns: The job as it is to be written.
    func showingMetadata(isWhole: Bool = false) -> JobJSON {
        guard job.metadata != .emptyObject else { return self }
        var json = self
        json.metadata = isWhole ? job.metadata : Redaction.redacted(job.metadata)
        return json
    }
}
#endif
