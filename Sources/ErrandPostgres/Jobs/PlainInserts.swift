#if Postgres
import Errand
import Synchronization

/// Stores what many callers submit at the same time with one statement and one commit.
///
/// Only submits that nothing stored can refuse go this way. One that comes alone is stored at once; those that come
/// while others are being stored wait for a connection together.
final class PlainInserts: Sendable {
    typealias Answer = Result<[InsertedJob], JobStoreError>

    struct Request: Sendable {
        let jobs: [NewJob]
        let scope: Scope
        let answer: @Sendable (Answer) -> Void
    }

    private struct State {
        var waiting: [Request] = []
        var running = 0
    }

    /// While one statement waits for the disk the next is worked on.
    private static let statementsAtOnce = 2
    /// Enough for a commit's cost to be shared, and few enough for a statement that ends soon.
    private static let jobsPerStatement = 1000

    private let state = Mutex(State())
    private let pool: PostgresPool
    private let context: PostgresContext

    init(pool: PostgresPool, context: PostgresContext) {
        self.pool = pool
        self.context = context
    }

    func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob] {
        let answer: Answer = await withUnsafeContinuation { continuation in
            let request = Request(jobs: jobs, scope: scope) { continuation.resume(returning: $0) }
            let starts = state.withLock { state in
                state.waiting.append(request)
                guard state.running < Self.statementsAtOnce else { return false }
                state.running += 1
                return true
            }
            if starts { start() }
        }
        return try answer.get()
    }

    private func start() {
        let accepted = pool.enqueue { [self] link in
            store(takeWaiting(), on: link)
            let isDone = state.withLock { state in
                if state.waiting.isEmpty { state.running -= 1 }
                return state.waiting.isEmpty
            }
            if !isDone { start() }
        }
        guard !accepted else { return }
        let requests = state.withLock { state in
            state.running -= 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for request in requests { request.answer(.failure(.closed)) }
    }

    /// The requests that have waited longest, as far as they go into one statement.
    private func takeWaiting() -> [Request] {
        state.withLock { state in
            var jobs = 0
            let taken = state.waiting.prefix { request in
                defer { jobs += request.jobs.count }
                return jobs == 0 || jobs + request.jobs.count <= Self.jobsPerStatement
            }
            state.waiting.removeFirst(taken.count)
            return Array(taken)
        }
    }

    private func store(_ requests: [Request], on link: PostgresLink) {
        guard !requests.isEmpty else { return }
        do throws(JobStoreError) {
            let inserted = try PostgresTransaction.writeAtOnce(on: link, context) { session throws(JobStoreError) in
                try session.insertPlain(requests)
            }
            for (request, jobs) in zip(requests, inserted) { request.answer(.success(jobs)) }
        } catch {
            guard requests.count > 1, error.postgres?.isConnectionLost != true else {
                for request in requests { request.answer(.failure(error)) }
                return
            }
            // What one caller gave must not fail what others did.
            for request in requests { store([request], on: link) }
        }
    }
}

extension NewJob {
    /// Whether nothing that is stored has a say in it: no id of the client's, no unique key, nothing to wait for.
    var isPlain: Bool { id == nil && uniqueKey == nil && after.isEmpty && uploads.isEmpty }
}

extension PostgresSession {
    /// Stores plain submits; the answers are those of each request.
    func insertPlain(_ requests: [PlainInserts.Request]) throws(JobStoreError) -> [[InsertedJob]] {
        var jobs: [HeldJob] = []
        for request in requests {
            for new in request.jobs { jobs.append(try held(new, request.scope, 0, nil)) }
        }
        for job in jobs { tell(of: job.job) }
        var rest = try numbers(of: run(InsertStatement.make(jobs, now: now)), jobs.count)[...].makeIterator()
        var stored = jobs.makeIterator()
        return requests.map { request in
            request.jobs.compactMap { _ in
                guard let job = stored.next()?.job, let number = rest.next() else { return nil }
                return InsertedJob(id: job.id, number: number, outcome: .inserted, createdAt: job.createdAt)
            }
        }
    }
}
#endif
