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
            if let error = store(takeWaiting(), on: link) { return .refused(error) }
            let isDone = state.withLock { state in
                if state.waiting.isEmpty { state.running -= 1 }
                return state.waiting.isEmpty
            }
            if !isDone { start() }
            return .done
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

    /// - Returns: Why the requests wait on, where there was no connection for them.
    private func store(_ requests: [Request], on link: PostgresLink) -> JobStoreError? {
        guard !requests.isEmpty else { return nil }
        let rider = context.waitingClaims.rider(for: requests.lazy.flatMap(\.jobs)) { context.mayClaimAtOnce($0) }
        // Nothing where it was served; a claim that was not waits on.
        defer { rider?.arrive(with: nil) }
        do throws(JobStoreError) {
            let done = try PostgresTransaction.writeAtOnce(on: link, context) { session throws(JobStoreError) in
                let done = try session.insertPlain(requests, claimingFor: rider?.request)
                // Before subscribers hear of the jobs, so that the claim knows by then.
                if rider != nil, done.claimed == nil { context.takeTurns() }
                if let claim = done.claimed?.claim { session.afterCommit.append { rider?.arrive(with: claim) } }
                return done
            }
            for (request, jobs) in zip(requests, done.inserted) { request.answer(.success(jobs)) }
            for row in done.claimed?.corrupt ?? [] {
                // The submits have their answer. What stays claimed is met again when its lease is over.
                _ = try? PostgresTransaction.quarantine(row, on: link, context)
            }
        } catch {
            if link.mayTryAgain(after: error) {
                state.withLock { $0.waiting.insert(contentsOf: requests, at: 0) }
                return error
            }
            guard requests.count > 1, error.postgres?.isConnectionLost != true else {
                for request in requests { request.answer(.failure(error)) }
                return nil
            }
            // What one caller gave must not fail what others did.
            link.isLastTry = true
            for request in requests { _ = store([request], on: link) }
        }
        return nil
    }
}

extension NewJob {
    /// Whether nothing that is stored has a say in it: no id of the client's, no unique key, nothing to wait for.
    var isPlain: Bool { id == nil && uniqueKey == nil && after.isEmpty && uploads.isEmpty && webhook == nil }
}

extension PostgresSession {
    /// Stores plain submits, and claims in the same commit where somebody waits for that.
    ///
    /// - Returns: The answers to each request; what was claimed.
    func insertPlain(
        _ requests: [PlainInserts.Request],
        claimingFor request: ClaimRequest?
    ) throws(JobStoreError) -> (inserted: [[InsertedJob]], claimed: ClaimAtOnce?) {
        if request != nil { try demoteAfterJump() }
        var jobs: [HeldJob] = []
        for request in requests {
            for new in request.jobs { jobs.append(try held(new, request.scope, 0, nil)) }
        }
        for job in jobs { tell(of: job.job) }
        let claims = request.map { claimsAtOnce($0) } ?? []
        let answers = try run([InsertStatement.make(jobs, now: now)] + claims)
        var rest = try numbers(of: answers[0], jobs.count)[...].makeIterator()
        var stored = jobs.makeIterator()
        let inserted = requests.map { request in
            request.jobs.compactMap { _ -> InsertedJob? in
                guard let job = stored.next()?.job, let number = rest.next() else { return nil }
                return InsertedJob(id: job.id, number: number, outcome: .inserted, createdAt: job.createdAt)
            }
        }
        guard let request else { return (inserted, nil) }
        return (inserted, try claimed(answers[1...], for: request))
    }
}
#endif
