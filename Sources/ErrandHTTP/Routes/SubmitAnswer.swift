#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What the submitter of one job is told.
struct SubmitAnswer {
    let services: APIServices
    let inserted: InsertedJob
    let preferences: Preferences
    /// Fields that nobody knew.
    var ignored: [String] = []

    /// Answers 202 at once, or, where the client said it would wait, 200 once the job has ended.
    ///
    /// It is 200 also where the job was there before. A repetition is answered as the first was.
    func response(to new: NewJob, scope: Scope) async throws -> Response {
        let made = preferences.wait == nil ? made(new, scope) : nil
        let job: Job
        if let made {
            job = made
        } else {
            job = try await JobWait(services: services, scope: scope)
                .job(inserted.id, for: preferences.wait ?? 0) { $0.status.isTerminal }
        }
        // Read after the job was stored: a clock read before would find a job that is due at once not due yet.
        let now = services.now
        let headers = headers(job, at: now)
        let isDone = inserted.firstOutcome != .inserted || preferences.wait != nil && job.status.isTerminal
        guard !preferences.isMinimal || isDone else { return Response(status: .accepted, headers: headers) }
        var json = JobJSON(job: job, now: now, knowsSubstate: made == nil).showingMetadata()
        json.submitOutcome = inserted.firstOutcome
        json.warnings = ignored.map { "There is no field \"\($0.quotable)\"; it was passed over." }
        return .json(isDone ? .ok : .accepted, headers: headers) { json.write(to: &$0) }
    }

    private func headers(_ job: Job, at now: Date) -> HTTPFields {
        var headers = HTTPFields.privateNoCache
        headers[.location] = "/api/jobs/\(job.id)"
        if let seconds = JobValidators(job: job, now: now).retryAfter { headers[.retryAfter] = String(seconds) }
        if inserted.outcome == .replayed { headers[.idempotencyReplayed] = "true" }
        var applied: [String] = []
        if let seconds = preferences.wait { applied.append("wait=\(seconds)") }
        if preferences.respondsAsync, preferences.wait == nil { applied.append("respond-async") }
        if preferences.isMinimal { applied.append("return=minimal") }
        if preferences.isLenient { applied.append("handling=lenient") }
        if !applied.isEmpty { headers[.preferenceApplied] = applied.joined(separator: ", ") }
        return headers
    }

    /// The record without reading it back, where everything about it is known.
    private func made(_ new: NewJob, _ scope: Scope) -> Job? {
        guard inserted.outcome == .inserted, new.after.isEmpty, let createdAt = inserted.createdAt else { return nil }
        return Job.submitted(
            new,
            as: (inserted.id, inserted.number),
            tenantId: scope.tenantId,
            at: StoreTime(wall: createdAt, steady: .zero)
        )
    }
}
#endif
