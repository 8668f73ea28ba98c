#if Server
import Errand
import Hummingbird

/// One job's stream: its state now and after every change, until it ends.
///
/// State, not deltas: what a client missed is in the next event, so nothing is kept for it.
struct JobEventStream {
    let session: StreamSession
    let id: JobID
    let scope: Scope
    /// The revision the client has.
    var sent: Int64?
    private var pace: StreamPace

    init(session: StreamSession, id: JobID, scope: Scope, lastEventId: Int64?) {
        self.session = session
        self.id = id
        self.scope = scope
        sent = lastEventId
        pace = StreamPace(interval: session.services.options.streamInterval)
    }

    /// Writes until the job ended or the client, the server or the store did.
    @concurrent func run(_ request: Request, _ body: inout any ResponseBodyWriter) async throws {
        var stream = self
        var writer = EventWriter(body)
        let id = id
        let changes = session.services.stores.jobs.changes(of: .job(id))
        try await writer.open(retryMilliseconds: session.services.retryMilliseconds)
        try await session.run(request, changes: changes) {
            $0.isIncomplete || $0.jobs[id] != nil
        } write: { group in
            while try await !stream.look(&writer, &group) {
                guard try await stream.wait(&writer) else { return }
            }
        }
    }

    /// Sends the job's state when it is news and it is time; whether the stream is over.
    @concurrent private mutating func look(
        _ writer: inout EventWriter,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws -> Bool {
        guard let job = try await currentJob() else {
            try await writer.send("end", data: ending(status: nil))
            return true
        }
        if job.rev != sent {
            if !job.status.isTerminal, let delay = pace.delay(at: .now) {
                let session = session
                if pace.arrangesLook() { group.addTask { await session.lookAgain(after: delay) } }
                return false
            }
            try await writer.send("job", id: job.rev, data: session.services.eventData(job))
            sent = job.rev
            pace.sent(at: .now)
        }
        guard job.status.isTerminal else { return false }
        try await writer.send("end", data: ending(status: job.status))
        return true
    }

    /// Waits for news, beating meanwhile; false when the stream is to end.
    @concurrent private func wait(_ writer: inout EventWriter) async throws -> Bool {
        while true {
            let signals = await session.signals.next()
            if signals.contains(.stop) { return false }
            if signals.contains(.heartbeat) { try await writer.heartbeat() }
            if signals.contains(.changed) { return true }
        }
    }

    /// The job; nil when it was deleted meanwhile.
    private func currentJob() async throws -> Job? {
        do { return try await session.services.stores.jobs.job(.id(id), scope: scope) } catch {
            if error.code == .notFound || error.code == .gone { return nil }
            throw error
        }
    }

    private func ending(status: JobStatus?) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id.description)
            writer.member("status", status?.rawValue)
        }
        return writer.text
    }
}

extension APIServices {
    /// When a client whose stream broke should come back: not all at the same moment.
    var retryMilliseconds: Int { 3000 + Int(random.next() % 1000) }

    /// A job as the data of an event.
    func eventData(_ job: Job) -> JSONText {
        var writer = JSONWriter(reserving: 1024)
        JobJSON(job: job, now: now).write(to: &writer)
        return writer.text
    }
}
#endif
