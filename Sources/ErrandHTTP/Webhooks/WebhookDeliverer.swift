#if Server
import Errand
import FoundationEssentials
import Logging
import Metrics

/// Makes one attempt at a delivery, and notes at the webhook what came of it.
struct WebhookDeliverer: Sendable {
    /// What the webhook is left alone for, where a receiver that is overloaded does not say.
    static let throttling: Duration = .seconds(60)

    let webhooks: any WebhookStore
    let outbound: OutboundGuard
    var client = OutboundClient()
    let clock: any JobClock
    let random: RandomSource
    let logger: Logger

    /// Runs a delivery's job.
    ///
    /// - Throws: ``Errand/JobError``: when to try again, or that there is no use in it.
    func run(_ context: JobContext) async throws -> JobResult {
        let attempt = Attempt(
            delivery: try WebhookDelivery(payload: context.payload),
            job: context.id,
            tenantId: context.tenantId,
            number: context.attempt,
            isLast: context.attempt >= context.maxAttempts
        )
        try await make(attempt) { try context.data($0) }
        return JobResult()
    }

    /// Makes an attempt.
    ///
    /// - Parameters:
    ///   - attempt: Which.
    ///   - log: Takes what the delivery log keeps of it.
    /// - Throws: ``Errand/JobError`` unless the receiver took it; `CancellationError` when the task was cancelled.
    func make(_ attempt: Attempt, log: (JSONText) throws -> Void) async throws {
        let webhook = try await webhook(for: attempt)
        let start = clock.now().steady
        let outcome = try await send(attempt, to: webhook)
        try log(Self.note(outcome, after: clock.now().steady - start, at: clock.now().wall))
        count(outcome.result)
        try await conclude(attempt, webhook, outcome)
    }

    /// One run of a delivery's job.
    struct Attempt: Sendable {
        let delivery: WebhookDelivery
        let job: JobID
        let tenantId: Name?
        let number: Int
        let isLast: Bool

        var isTest: Bool { delivery.event == WebhookDelivery.testEvent }
    }

    /// The webhook that is to be told; throws where it is not to be told now, or ever.
    private func webhook(for attempt: Attempt) async throws -> Webhook {
        let webhook: Webhook
        do throws(JobStoreError) {
            webhook = try await webhooks.webhook(attempt.delivery.webhook, scope: .system)
        } catch {
            guard error.code == .notFound else { throw error }
            throw dropped("The webhook was deleted.", code: "webhook_deleted")
        }
        // The job's tenant says for whom it was stored: nobody else's webhook is sent to.
        guard WebhookDelivery.scope(for: webhook.scope).tenantId == attempt.tenantId else {
            throw dropped("The webhook is another tenant's.", code: "webhook_foreign")
        }
        guard webhook.isEnabled else { throw dropped("The webhook is switched off.", code: "webhook_disabled") }
        let now = clock.now().wall
        if let end = webhook.throttledUntil, end > now {
            throw JobError.snooze(for: .milliseconds(end.milliseconds - now.milliseconds))
        }
        return webhook
    }

    private func dropped(_ message: String, code: String) -> JobError {
        count("dropped")
        return .permanent(message, code: code)
    }

    /// Sends it; what was cancelled says nothing about the receiver, and is no attempt.
    private func send(_ attempt: Attempt, to webhook: Webhook) async throws -> WebhookOutcome {
        let target: OutboundTarget
        do throws(UnsafeURL) { target = try await outbound.target(of: webhook.url) } catch {
            return .unsafe(error.description)
        }
        let message = WebhookMessage(attempt.delivery, deliveredBy: attempt.job, format: webhook.format)
        let now = clock.now().wall
        let headers = message.headers(at: now, signedWith: webhook.validSecrets(at: now))
        do {
            return WebhookOutcome(try await client.post(message.body, headers: headers, to: target), at: now)
        } catch {
            try Task.checkCancellation()
            logger.debug("cannot deliver", metadata: ["webhook_id": "\(webhook.id)", "error": "\(error)"])
            return .failed(status: nil, reason: OutboundClient.reason(for: error))
        }
    }

    private func conclude(_ attempt: Attempt, _ webhook: Webhook, _ outcome: WebhookOutcome) async throws {
        guard let reason = outcome.reason else {
            if webhook.failures > 0 || webhook.throttledUntil != nil { await note(.succeeded, webhook) }
            return
        }
        guard !attempt.isTest else { throw JobError.permanent(reason, code: "not_delivered") }
        let end = disablingReason(attempt, outcome)
        await note(.failed(disablingBecause: end), webhook)
        if let end { logEnd(of: webhook, end) }
        guard outcome != .gone else { throw JobError.permanent(reason, code: "webhook_gone") }
        throw JobError.retry(after: await delay(attempt, webhook, outcome), reason, code: "not_delivered")
    }

    private func disablingReason(_ attempt: Attempt, _ outcome: WebhookOutcome) -> String? {
        if outcome == .gone { return outcome.reason }
        guard attempt.isLast, let reason = outcome.reason else { return nil }
        return "A delivery failed \(attempt.number) times over three days, the last time because: \(reason)"
    }

    /// When to try again: by the schedule with a little jitter, and not before the receiver wants to.
    private func delay(_ attempt: Attempt, _ webhook: Webhook, _ outcome: WebhookOutcome) async -> Duration {
        let schedule = WebhookDelivery.schedule
        let planned = schedule[min(max(attempt.number, 1), schedule.count) - 1]
        let jitter = Int64(random.next() % UInt64(max(1, planned.wholeMilliseconds / 10)))
        let delay = planned + .milliseconds(jitter)
        guard case .failed(_, _, let asked, true) = outcome else { return delay }
        let pause = asked ?? Self.throttling
        await note(.throttle(until: clock.now().wall.later(by: pause)), webhook)
        return max(delay, pause)
    }

    /// Notes something at the webhook; the delivery itself has happened, whether that can be written or not.
    private func note(_ change: WebhookChange, _ webhook: Webhook) async {
        do throws(JobStoreError) {
            _ = try await webhooks.update(webhook.id, change, scope: .system)
        } catch {
            // It was deleted meanwhile, or its own job was.
            guard error.code != .notFound else { return }
            logger.warning("cannot note a delivery", metadata: ["webhook_id": "\(webhook.id)", "error": "\(error)"])
        }
    }

    private func logEnd(of webhook: Webhook, _ reason: String) {
        logger.warning(
            "a webhook is switched off",
            metadata: [
                "webhook_id": "\(webhook.id)", "tenant": "\(webhook.scope.tenantId ?? "(all)")", "reason": "\(reason)",
            ]
        )
    }

    private func count(_ result: String) {
        Counter(label: "errand_webhook_deliveries_total", dimensions: [("result", result)]).increment()
    }

    /// What the delivery log keeps of the last attempt.
    private static func note(_ outcome: WebhookOutcome, after elapsed: Duration, at now: Date) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("at", now)
            writer.memberIfPresent("status", outcome.status)
            writer.member("durationMs", Int(elapsed.wholeMilliseconds))
            writer.memberIfPresent("error", outcome.reason)
        }
        return writer.text
    }
}
#endif
