#if Server
/// What each tenant may have and do at most; nil is no limit.
///
/// Credentials of the whole installation have no tenant and no quotas. Each process counts the rates for itself, and
/// what is stored is counted at most once a second: several servers together may let a little more pass.
public struct TenantQuotas: Sendable, Hashable {
    /// Requests in a minute.
    public var requestsPerMinute: Int?
    /// Jobs submitted in a minute, whichever way.
    public var submitsPerMinute: Int?
    /// Jobs that are queued: ready, waiting for their time, a retry or other jobs.
    public var queuedJobs: Int?
    /// Jobs that run at once.
    ///
    /// Held by claims, exactly: workers that are not behind this API must be told the same with
    /// `WorkerOptions.runningJobsPerTenant`.
    public var runningJobs: Int?
    /// Bytes of the uploads that are kept, for jobs or before one uses them.
    public var uploadBytes: Int64?
    /// Streams of events that are open.
    public var streams: Int? = 5000

    /// Creates the defaults: streams are limited, and nothing else.
    public init() {}
}
#endif
