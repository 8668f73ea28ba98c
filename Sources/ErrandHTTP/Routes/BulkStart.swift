#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Starts the job that does something to all jobs of a filter, once somebody has confirmed how many they are.
struct BulkStart: Sendable {
    /// How many jobs a dry run shows.
    private static let sampleSize = 10

    let services: APIServices
    let context: APIContext
    let action: BulkAction
    let filter: JobFilter

    /// - Throws: `validation` where the credential reaches some projects only, and the filter names none of them.
    init(services: APIServices, context: APIContext, _ action: BulkAction, of filter: JobFilter) throws(Problem) {
        var filter = action.applicable(in: filter)
        // The job belongs to a project then, and is limited to it as the credential is.
        if case .tenant(_, let projects?) = context.scope, filter.projectId == nil {
            guard projects.count == 1 else {
                throw .field("/filter/projectId", "required", "The credential reaches some projects only; name one.")
            }
            filter.projectId = projects.first
        }
        (self.services, self.context, self.action, self.filter) = (services, context, action, filter)
    }

    /// Says how many jobs it would be and shows some of them.
    func dryRun() async throws -> Response {
        let store = services.stores.jobs
        let count = try await store.count(filter, upTo: nil, scope: context.scope)
        let page = PageRequest(limit: Self.sampleSize)
        let sample = try await store.jobs(filter, page: page, scope: context.scope).jobs
        let now = services.now
        let token = services.confirmations.make(count: count, words: words, now: now, random: services.random)
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("count", count)
                writer.member("sample") { writer in
                    writer.array { writer in for job in sample { JobJSON(job: job, now: now).write(to: &writer) } }
                }
                writer.member("confirmToken", token)
                writer.member("expiresIn", ConfirmTokens.lifetime.seconds)
            }
        }
    }

    /// Stores the job that does it; a repetition is answered with the job that is there.
    func start(_ token: String, _ request: Request, operation: String) async throws -> Response {
        let confirmation = try services.confirmations.read(token, words: words)
        let key = try IdempotencyKey(request)
        let id = key?.jobID(for: context.principal, operation) ?? confirmation.jobID
        if try await !isKnown(id) {
            let present = try await services.stores.jobs.count(filter, upTo: nil, scope: context.scope)
            try confirmation.check(present: present, now: services.now)
        }
        var job = BulkJob(action, of: filter, expected: confirmation.count).newJob()
        job.id = id
        job.request = NewJob.Request(said: job.said(leavingOut: []))
        try context.principal.sign(&job)
        let traceparent = TraceParent.read(request.headers[.traceparent])
        let inserted: InsertedJob
        do {
            inserted = try await services.insert(job, continuing: traceparent, scope: context.scope)
        } catch { throw key?.refusal(error) ?? error }
        return try await SubmitAnswer(services: services, inserted: inserted, preferences: Preferences(request))
            .response(to: job, scope: context.scope)
    }

    private func isKnown(_ id: JobID) async throws -> Bool {
        do throws(JobStoreError) {
            _ = try await services.stores.jobs.job(.id(id), scope: context.scope)
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
        return true
    }

    /// What a token is bound to.
    private var words: [String] {
        [action.kind.rawValue, action.reason ?? "", action.runAt?.description ?? ""] + filter.words
            + context.scope.words
    }
}
#endif
