#if Server
import Crypto
import Errand
import FoundationEssentials

/// A delivery as it goes over the wire: Standard Webhooks 1.0.0.
struct WebhookMessage: Sendable {
    /// Stable over all attempts and repetitions, so that a receiver knows what it has seen.
    let id: String
    /// The exact bytes that are signed and sent.
    let body: String
    let mediaType: String

    /// Writes the message of a delivery.
    ///
    /// - Parameters:
    ///   - delivery: What is told.
    ///   - job: The job that delivers it.
    ///   - format: How it is written.
    init(_ delivery: WebhookDelivery, deliveredBy job: JobID, format: Webhook.Format) {
        id = "msg_\(delivery.repeated ?? job)"
        switch format {
        case .standard:
            mediaType = "application/json"
            body = Self.standard(delivery)
        case .cloudevents:
            mediaType = "application/cloudevents+json"
            body = Self.cloudEvent(delivery, id)
        }
    }

    private static func standard(_ delivery: WebhookDelivery) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", delivery.event)
            writer.member("timestamp", delivery.at)
            writer.member("data", delivery.data)
        }
        return writer.text.string
    }

    private static func cloudEvent(_ delivery: WebhookDelivery, _ id: String) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("specversion", "1.0")
            writer.member("id", id)
            writer.member("source", source(of: delivery))
            writer.member("type", "dev.errand.\(delivery.event).v1")
            writer.memberIfPresent("subject", delivery.job?.description)
            writer.member("time", delivery.at)
            writer.member("datacontenttype", "application/json")
            writer.member("data", delivery.data)
        }
        return writer.text.string
    }

    private static func source(of delivery: WebhookDelivery) -> String {
        guard let job = delivery.job else { return "/webhooks/\(delivery.webhook)" }
        guard let tenant = delivery.tenantId else { return "/jobs/\(job)" }
        return "/tenants/\(PercentCoding.encode(tenant.text))/jobs/\(job)"
    }

    /// The header fields of an attempt.
    ///
    /// - Parameters:
    ///   - now: The time of the attempt, which receivers compare with theirs.
    ///   - secrets: Each is signed with.
    /// - Returns: Names and values.
    func headers(at now: Date, signedWith secrets: [Webhook.Secret]) -> [(name: String, value: String)] {
        let timestamp = String(now.milliseconds / 1000)
        let signatures = secrets.compactMap { $0.key.map { Self.signature(of: body, id, timestamp, key: $0) } }
        return [
            ("Content-Type", mediaType), ("User-Agent", "Errand-Webhooks/1"), ("webhook-id", id),
            ("webhook-timestamp", timestamp), ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }

    /// A signature as the header has it.
    static func signature(of body: String, _ id: String, _ timestamp: String, key: Data) -> String {
        var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
        mac.update(data: Data("\(id).\(timestamp).\(body)".utf8))
        return "v1,\(Data(mac.finalize()).base64EncodedString())"
    }
}
#endif
