#if Server
import Errand
import ErrandFiles
import ErrandHTTP
import FoundationEssentials
import ServiceLifecycle
import UnixSignals

/// Jobs of a store that this process opens itself: one that no server has, or one that many may open.
struct LocalJobs: JobAccess {
    let installation: Installation
    let client: JobClient

    init(_ installation: Installation) {
        self.installation = installation
        client = JobClient(store: installation.store)
    }

    private func document(_ job: Job) throws -> JobDocument { try JobDocument(WireJSON.job(job, now: Date())) }

    func submit(_ body: JSONText) async throws -> JobDocument {
        var types = installation.handlers.types
        if let name = try Document(body).string("type").map({ Name($0) }), types[name] == nil {
            StandardStream.error.print(
                "errand: no type \"\(name.text.printable)\" is known here; the job waits for a server that knows it"
            )
            types.register(JobType(name))
        }
        let new = try WireJSON.newJob(from: body, types: types)
        let inserted = try await client.submit(new)
        let job = try await client.job(.id(inserted.id))
        return try JobDocument(WireJSON.submitted(job, inserted, now: Date()))
    }

    func job(_ job: JobReference) async throws -> JobDocument { try await document(client.job(job)) }

    func jobs(_ request: ListRequest) async throws -> [JobDocument] {
        var filter = JobFilter()
        if !request.statuses.isEmpty { filter.statuses = Set(request.statuses) }
        filter.types = request.type.map { [Name($0)] }
        filter.projectId = request.project.map { Name($0) }
        filter.queue = request.queue.map { Name($0) }
        var found: [JobDocument] = []
        guard request.limit > 0 else { return found }
        for try await job in client.jobs(filter, pageSize: min(request.limit, 1000)) {
            found.append(try JobDocument(WireJSON.job(job, now: Date(), isOfList: true)))
            if found.count == request.limit { break }
        }
        return found
    }

    func follow(
        _ job: JobReference,
        mayRun: Bool,
        show: @escaping @Sendable (JobDocument) async throws -> Void
    ) async throws -> JobDocument {
        let now = try await self.job(job)
        guard !now.status.isTerminal else {
            try await show(now)
            return now
        }
        // Other processes work on a shared store: there is nothing to run here.
        guard !installation.settings.store.isShared else { return try await wait(for: job, show: show) }
        guard mayRun, installation.handlers.names.contains(Name(now.type)) else {
            try await show(now)
            throw CommandFailure(
                .tryLater,
                "\(now.name) is \(now.status.rawValue) and no server runs to go on with it. "
                    + "Start one with: errand serve"
            )
        }
        return try await run(job, in: now.document.string("queue").map { Name($0) }, show: show)
    }

    /// Runs a worker in this process until a job has ended, or a signal stops it.
    private func run(
        _ job: JobReference,
        in queue: Name?,
        show: @escaping @Sendable (JobDocument) async throws -> Void
    ) async throws -> JobDocument {
        let group = ServiceGroup(
            services: [installation.worker(queues: queue.map { [$0] })],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: installation.settings.logger("errand.lifecycle")
        )
        return try await withThrowingTaskGroup(of: JobDocument?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask { try await states(of: job, show: show) }
            // Whatever throws here ends both: the worker gives back what it runs.
            if let ended = try await tasks.next() ?? nil {
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return ended
            }
            // A signal ended the worker first; within its grace the job may have ended all the same.
            tasks.cancelAll()
            let left = try await self.job(job)
            guard left.status.isTerminal else {
                throw CommandFailure(.tryLater, "Stopped. \(left.name) was given back; it goes on when a worker runs.")
            }
            return left
        }
    }

    /// Shows a job's states as others change it, until it has ended.
    private func wait(
        for job: JobReference,
        show: @escaping @Sendable (JobDocument) async throws -> Void
    ) async throws -> JobDocument {
        try await withThrowingTaskGroup(of: JobDocument?.self) { tasks in
            tasks.addTask {
                try await Task.sleep(for: Self.patience)
                let now = try await self.job(job)
                if now.status == .queued {
                    StandardStream.error.print(
                        "errand: \(now.name) waits for a worker; where none runs, start one with: errand serve"
                    )
                }
                return nil
            }
            tasks.addTask { try await states(of: job, show: show) }
            while let ended = try await tasks.next() {
                guard let ended else { continue }
                tasks.cancelAll()
                return ended
            }
            return try await self.job(job)
        }
    }

    /// How long a job may be queued before a person may want to know why.
    private static let patience = Duration.seconds(5)

    /// Shows every state that is seen until the last, and answers with that.
    private func states(
        of job: JobReference,
        show: @Sendable (JobDocument) async throws -> Void
    ) async throws -> JobDocument? {
        var last: JobDocument?
        for try await state in client.changes(of: job) {
            let state = try document(state)
            last = state
            try await show(state)
        }
        return last
    }

    func cancel(_ job: JobReference, reason: String?) async throws -> JobDocument {
        try await document(client.cancel(job, reason: reason))
    }

    func retry(_ job: JobReference) async throws -> JobDocument { try await document(client.retry(job)) }

    func logs(_ job: JobReference, after: Int64) async throws -> [Document] {
        try await client.logs(job, after: after).map { line in
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("sequence", line.sequence)
                writer.member("attempt", line.attempt)
                writer.member("at", line.line.at)
                writer.member("level", line.line.level.rawValue)
                writer.member("message", line.line.message)
            }
            return try Document(writer.text)
        }
    }

    func queues() async throws -> [Document] { try await client.queues().map { try Document(WireJSON.queue($0)) } }

    func workers() async throws -> [Document] {
        try await client.workers().map { try Document(WireJSON.worker($0)) }
    }

    func pause(queue: String, reason: String?, creating: Bool) async throws -> Document {
        if !creating { try await requireKnown(queue) }
        try await client.pause(queue: Name(queue), reason: reason)
        return try await self.queue(queue)
    }

    func delete(queue: String) async throws { try await client.delete(queue: Name(queue)) }

    /// A name that was misspelt is nobody's wish; a type's queue is known before its first job.
    private func requireKnown(_ name: String) async throws {
        if !installation.handlers.types.haveQueue(Name(name)) { _ = try await queue(name) }
    }

    func resume(queue: String) async throws -> Document {
        try await requireKnown(queue)
        try await client.resume(queue: Name(queue))
        return try await self.queue(queue)
    }

    private func queue(_ name: String) async throws -> Document {
        guard let queue = try await client.queues().first(where: { $0.name == Name(name) }) else {
            throw CommandFailure(.noInput, "There is no queue \(name.printable): it has neither jobs nor settings.")
        }
        return try Document(WireJSON.queue(queue))
    }

    func counts(project: String) async throws -> Document {
        let counts = try await client.counts(by: .project, projectId: Name(project))
        return try Document(WireJSON.counts(counts[Name(project)] ?? StatusCounts()))
    }

    func datasets(project: String) async throws -> [Document] {
        try await installation.store.datasets(projectId: Name(project), scope: client.scope)
            .map { try Document(WireJSON.dataset($0)) }
    }
}
#endif
