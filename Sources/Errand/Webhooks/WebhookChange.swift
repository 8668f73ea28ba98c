public import FoundationEssentials

/// A change to a webhook.
public enum WebhookChange: Sendable, Hashable {
    /// What somebody edits; nil leaves a part as it is.
    case edit(
        url: String? = nil,
        events: Set<WebhookEvent>? = nil,
        format: Webhook.Format? = nil,
        isEnabled: Bool? = nil
    )
    /// A new secret; the present one is signed with for as long as given, too.
    case rotate(to: Webhook.Secret, keepingOldFor: Duration)
    /// A delivery arrived.
    case succeeded
    /// An attempt failed; nothing more is delivered where a reason for that is given.
    case failed(disablingBecause: String? = nil)
    /// Nothing is to be sent before a time.
    case throttle(until: Date)
}

extension Webhook {
    /// The webhook after a change; stores write what this says and decide nothing themselves.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - now: The wall clock.
    /// - Returns: The changed webhook.
    /// - Throws: `conflict` for a rotation while too many secrets are still valid.
    public func applying(_ change: WebhookChange, at now: Date) throws(JobStoreError) -> Webhook {
        var webhook = self
        switch change {
        case .edit(let url, let events, let format, let isEnabled):
            webhook.url = url ?? webhook.url
            webhook.events = events ?? webhook.events
            webhook.format = format ?? webhook.format
            if let isEnabled { webhook.enable(isEnabled) }
        case .rotate(let secret, let grace): try webhook.rotate(to: secret, keepingOldFor: grace, at: now)
        case .succeeded: (webhook.failures, webhook.throttledUntil) = (0, nil)
        case .failed(let reason):
            webhook.failures += 1
            if let reason, webhook.isEnabled { (webhook.isEnabled, webhook.disabledBecause) = (false, reason) }
        case .throttle(let end): webhook.throttledUntil = max(end.wholeMilliseconds, webhook.throttledUntil ?? end)
        }
        return webhook
    }

    /// Whoever switches a webhook on again starts anew with it.
    private mutating func enable(_ isEnabled: Bool) {
        if isEnabled, !self.isEnabled { (failures, throttledUntil) = (0, nil) }
        if isEnabled != self.isEnabled { disabledBecause = nil }
        self.isEnabled = isEnabled
    }

    private mutating func rotate(
        to secret: Secret,
        keepingOldFor grace: Duration,
        at now: Date
    ) throws(JobStoreError) {
        let end = now.later(by: grace)
        var old = validSecrets(at: now)
        for index in old.indices { old[index].validUntil = min(old[index].validUntil ?? end, end) }
        old.removeAll { secret in secret.validUntil.map { $0 <= now } ?? false }
        guard old.count < Self.secretLimit else {
            throw JobStoreError(
                .conflict,
                "Webhook \(id) has \(old.count) secrets that are still valid; wait for one to end."
            )
        }
        secrets = [secret] + old
    }
}
