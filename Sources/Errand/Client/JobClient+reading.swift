extension JobClient {
    /// Reads a job; throws `notFound` or `gone`.
    public func job(_ job: JobReference) async throws(JobStoreError) -> Job {
        try await store.job(job, scope: scope)
    }

    /// Reads where a job is in its life; throws `notFound` or `gone`.
    public func status(_ job: JobReference) async throws(JobStoreError) -> JobStatus {
        try await store.job(job, scope: scope).status
    }

    /// Lists one page of jobs, newest first.
    public func list(
        _ filter: JobFilter = JobFilter(),
        page: PageRequest = PageRequest()
    ) async throws(JobStoreError) -> JobPage {
        try await store.jobs(filter, page: page, scope: scope)
    }

    /// All jobs that a filter lets through, newest first, read page by page as they are asked for.
    public func jobs(_ filter: JobFilter = JobFilter(), pageSize: Int = 100) -> JobList {
        JobList(client: self, filter: filter, pageSize: pageSize)
    }

    /// Counts jobs by status within each group.
    public func counts(
        by grouping: JobGrouping,
        projectId: Name? = nil
    ) async throws(JobStoreError) -> [Name: StatusCounts] {
        try await store.counts(by: grouping, projectId: projectId, scope: scope)
    }

    /// Reads a job's log after a sequence number, oldest first.
    public func logs(
        _ job: JobReference,
        after: Int64 = 0,
        limit: Int = 1000
    ) async throws(JobStoreError) -> [StoredLogLine] {
        try await store.logs(job, after: after, limit: limit, scope: scope)
    }

    /// Lists the files a job made.
    public func files(_ job: JobReference) async throws(JobStoreError) -> [JobFile] {
        try await store.files(job, scope: scope)
    }

    /// Lists the queues with their settings and counts.
    public func queues() async throws(JobStoreError) -> [QueueState] { try await store.queues(scope: scope) }

    /// Lists the live workers with the leases they hold.
    public func workers() async throws(JobStoreError) -> [LiveWorker] { try await store.workers(scope: scope) }
}

/// Jobs read page by page; new jobs that come meanwhile are not in it.
public struct JobList: AsyncSequence, Sendable {
    let client: JobClient
    let filter: JobFilter
    let pageSize: Int

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func makeAsyncIterator() -> Iterator { Iterator(list: self) }

    /// Reads the next page when the one before is used up.
    public struct Iterator: AsyncIteratorProtocol {
        let list: JobList
        private var page: ArraySlice<Job> = []
        private var before: Int64?
        private var isLast = false

        init(list: JobList) { self.list = list }

        /// The next job; nil at the end.
        public mutating func next() async throws(JobStoreError) -> Job? {
            while page.isEmpty, !isLast {
                let request = PageRequest(limit: list.pageSize, before: before)
                let answer = try await list.client.list(list.filter, page: request)
                page = answer.jobs[...]
                before = answer.next
                isLast = answer.next == nil
            }
            return page.popFirst()
        }
    }
}
