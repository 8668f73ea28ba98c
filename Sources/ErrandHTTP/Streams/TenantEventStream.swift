#if Server
import Errand
import Hummingbird

/// Everything that happens to the jobs a client may see: `reset` first, then each changed job.
struct TenantEventStream {
    let session: StreamSession
    let scope: Scope
    let filter: JobFilter
    let jobs: Set<JobID>?

    /// Writes until the client, the server or the store ends it.
    @concurrent func run(_ request: Request, _ body: inout any ResponseBodyWriter) async throws {
        var writer = EventWriter(body)
        let changed = ChangedJobs(scope: scope)
        let store = session.services.stores.jobs
        let changes = scope.tenantId.map { store.changes(of: .tenant($0)) } ?? store.changes(.jobs)
        try await writer.open(retryMilliseconds: session.services.retryMilliseconds)
        try await writer.send("reset", data: .emptyObject)
        try await session.run(request, changes: changes, concerns: changed.note) { group in
            var pace = StreamPace(interval: session.services.options.streamInterval)
            while true {
                let signals = await session.signals.next()
                if signals.contains(.stop) { return }
                if signals.contains(.heartbeat) { try await writer.heartbeat() }
                guard signals.contains(.changed) else { continue }
                if let delay = pace.delay(at: .now) {
                    if pace.arrangesLook() { group.addTask { await session.lookAgain(after: delay) } }
                    continue
                }
                try await send(changed.take(), &writer)
                pace.sent(at: .now)
            }
        }
    }

    @concurrent private func send(_ changes: ChangedJobs.Changes, _ writer: inout EventWriter) async throws {
        if changes.isIncomplete { return try await writer.send("reset", data: .emptyObject) }
        for (id, change) in changes.jobs.sorted(by: { $0.key < $1.key }) where jobs?.contains(id) ?? true {
            guard change.rev != nil, let job = try await job(id) else {
                try await sendDeletion(of: id, &writer)
                continue
            }
            guard includes(job) else { continue }
            try await writer.send("job", data: session.services.eventData(job))
        }
    }

    @concurrent private func sendDeletion(of id: JobID, _ writer: inout EventWriter) async throws {
        var data = JSONWriter()
        data.object { $0.member("id", id.description) }
        try await writer.send("deleted", data: data.text)
    }

    private func job(_ id: JobID) async throws -> Job? {
        do { return try await session.services.stores.jobs.job(.id(id), scope: scope) } catch {
            if error.code == .notFound || error.code == .gone { return nil }
            throw error
        }
    }

    private func includes(_ job: Job) -> Bool {
        (filter.types?.contains(job.type) ?? true) && (filter.projectId.map { $0 == job.projectId } ?? true)
            && (filter.queue.map { $0 == job.queue } ?? true)
    }
}
#endif
