#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Doing something to many jobs: to those named at once, to those of a filter by a job that does it.
struct BulkActionRoutes: Sendable {
    /// How many of the named jobs are worked on at a time.
    private static let width = 64

    let services: APIServices

    var routes: [APIRoute] {
        BulkAction.Kind.allCases.map { kind in
            APIRoute(.post, "/api/jobs/bulk/\(kind.rawValue)", Self.operation(kind), .jobsOperate) {
                try await act(kind, $0, $1)
            }
            .documented(.jobs, kind.summary, Self.detail)
            .with(.idempotencyKey())
            .taking(.object, BulkActionRequest.schema(kind), example: BulkActionRequest.example(kind))
            .answering(
                .json(200, .either(BulkActionRequest.outcome, BulkActionRequest.preview), "What was or would be done."),
                .json(202, JobJSON.schema, "The job that does it to all that the filter means.", .location, .retryAfter)
            )
            .refusing(.confirmTokenStale, .idempotencyMismatch, .invalidParameter)
        }
    }

    private static let detail = """
        ids are done at once, each on its own. filter with dryRun says how many there are, and gives a confirmToken; \
        filter with that token starts a job that does it to all of them.
        """

    private static func operation(_ kind: BulkAction.Kind) -> String { "\(kind.rawValue)Jobs" }

    private func act(
        _ kind: BulkAction.Kind,
        _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        try IdempotencyKey.check(request)
        let wanted = try await BulkActionRequest(kind, request, context, services: services)
        switch wanted.target {
        case .ids(let jobs):
            // Doing it twice is harmless.
            return await perform(wanted.action, on: jobs, context)
        case .dryRun(let filter):
            return try await BulkStart(services: services, context: context, wanted.action, of: filter).dryRun()
        case .confirmed(let filter, let token):
            return try await BulkStart(services: services, context: context, wanted.action, of: filter)
                .start(token, request, operation: Self.operation(kind))
        }
    }

    /// Does it to each job on its own, and says to which, and to which others not.
    private func perform(
        _ action: BulkAction,
        on jobs: [(given: JSONText, job: JobReference)],
        _ context: APIContext
    ) async -> Response {
        let outcomes =
            action.kind == .retry
            ? await retry(jobs.map(\.job), by: action, context.scope)
            : await problems(of: action, on: jobs.map { ($0.job, []) }, context.scope)
        let results = zip(jobs.map(\.given), outcomes)
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("done") { writer in
                    writer.array { writer in
                        for (given, problem) in results where problem == nil { writer.value(given) }
                    }
                }
                writer.member("skipped") { writer in
                    writer.array { writer in
                        for case (let given, let problem?) in results {
                            Self.write(given, problem, context.requestId, to: &writer)
                        }
                    }
                }
            }
        }
    }

    /// Works on jobs, some at the same time; the answers are in their order, nil where it was done.
    func problems(
        of action: BulkAction,
        on jobs: [(job: JobReference, together: Set<JobID>)],
        _ scope: Scope
    ) async -> [Problem?] {
        await withTaskGroup(of: (Int, Problem?).self) { group in
            var outcomes: [Problem?] = Array(repeating: nil, count: jobs.count)
            var rest = jobs.indices
            func begin() {
                guard let index = rest.popFirst() else { return }
                group.addTask { (index, await problem(of: action, on: jobs[index].job, jobs[index].together, scope)) }
            }
            for _ in 0..<Self.width { begin() }
            while let (index, outcome) = await group.next() {
                outcomes[index] = outcome
                begin()
            }
            return outcomes
        }
    }

    private func problem(
        of action: BulkAction,
        on job: JobReference,
        _ together: Set<JobID>,
        _ scope: Scope
    ) async -> Problem? {
        do throws(JobStoreError) {
            try await action.perform(on: job, in: services.stores.jobs, together: together, scope: scope)
        } catch { return Problem(store: error, conflict: action.kind.conflict) }
        return nil
    }

    private static func write(
        _ given: JSONText,
        _ problem: Problem,
        _ requestId: String,
        to writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("id", given)
            writer.member("problem") { $0.object { problem.write(to: &$0, instance: nil, requestId: requestId) } }
        }
    }
}

extension BulkAction.Kind {
    /// What it is called in the API's document.
    fileprivate var summary: String {
        switch self {
        case .cancel: "Cancel many jobs"
        case .retry: "Run many failed or cancelled jobs again"
        case .delete: "Delete many jobs that have ended"
        case .reschedule: "Have many queued jobs run at another time"
        }
    }

    /// What it means that a job's status does not allow it.
    var conflict: ProblemType {
        switch self {
        case .cancel: .jobNotCancellable
        case .retry: .jobNotRetryable
        case .delete: .notCompleted
        case .reschedule: .conflict
        }
    }
}
#endif
