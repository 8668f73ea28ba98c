#if Server
@testable import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Logging
import Testing

@testable import ErrandHTTP

/// An API with a webhook, and one attempt after the other on a clock that stands still.
struct DeliveryBench: Sendable {
    let api: TestAPI
    var deliverer: WebhookDeliverer

    /// Lets through what a receiver on this machine needs, unless the guard is set.
    init(_ outbound: OutboundGuard? = nil, timeout: Duration = .seconds(600)) {
        var development = OutboundGuard()
        (development.allowsPrivate, development.allowsHTTP) = (true, true)
        let outbound = outbound ?? development
        api = TestAPI { $0.outbound = outbound }
        deliverer = WebhookDeliverer(
            webhooks: api.memory,
            outbound: outbound,
            client: OutboundClient(timeout: timeout),
            clock: api.clock,
            random: RandomSource(SeededRandom(seed: 1)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// What an attempt came to.
    enum End: Equatable {
        case none
        case delivered
        case failed(String)
        case retried(after: Duration)
        case snoozed(Duration)
    }

    /// Makes a webhook; answers with its path and secret.
    func webhook(_ url: String, _ more: String = "") async throws -> (path: String, secret: String) {
        let reply = try await api.send(.post, "/api/webhooks", "{\"url\":\"\(url)\"\(more)}")
        #expect(reply.status == 201, "\(reply.text)")
        let id = try #require(try reply.string("id"))
        return ("/api/webhooks/\(id)", try #require(try reply.string("secret")))
    }

    /// Makes the next attempt that is due, as a worker does.
    func attempt() async throws -> End {
        let request = ClaimRequest(
            worker: "w",
            queues: [WebhookDelivery.queue],
            types: [WebhookDelivery.type],
            limit: 1,
            lease: .seconds(3600)
        )
        guard let job = try await api.memory.claim(request).jobs.first else { return .none }
        let attempt = WebhookDeliverer.Attempt(
            delivery: try WebhookDelivery(payload: job.payload),
            job: job.lease.id,
            tenantId: job.tenantId,
            number: job.attempt,
            isLast: job.attempt >= job.maxAttempts
        )
        var report = RunReport(lease: job.lease)
        let (outcome, end): (Settlement.Outcome, End)
        do {
            try await deliverer.make(attempt) { report.data = $0 }
            (outcome, end) = (.complete(JobResult()), .delivered)
        } catch let error as JobError {
            switch error.action {
            case .fail(let failure, let delay):
                outcome = .fail(failure, retryAfter: delay)
                end = delay.map { .retried(after: $0) } ?? .failed(failure.code)
            case .snooze(let delay): (outcome, end) = (.snooze(delay), .snoozed(delay))
            }
        }
        var settlement = Settlement(lease: job.lease, outcome: outcome)
        settlement.report = report
        _ = try await api.memory.settle([settlement])
        return end
    }

    /// Makes the next attempt that is due, which must come to this.
    func expectAttempt(_ expected: End, at location: SourceLocation = #_sourceLocation) async throws {
        let end = try await attempt()
        #expect(end == expected, sourceLocation: location)
    }

    func deliveries(_ path: String) async throws -> [JSONObject] {
        try await api.get("\(path)/deliveries").json.elements().map { try $0.object() }
    }

    func show(_ path: String) async throws -> JSONObject { try await api.get(path).json.object() }
}

/// Whether one of a delivery's signatures is the secret's; the reference verifier looks at them in `WebhookTests`.
func isAuthentic(_ request: Receiver.Request, secret: String) -> Bool {
    guard let key = Webhook.Secret(secret).key else { return false }
    let (id, time) = (request.header("webhook-id"), request.header("webhook-timestamp"))
    let expected = WebhookMessage.signature(of: request.body, id, time, key: key)
    return request.header("webhook-signature").split(separator: " ").contains { $0 == expected }
}
#endif
