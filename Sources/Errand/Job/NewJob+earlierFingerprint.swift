extension NewJob {
    /// The digest that was stored before ``SubmitFingerprint``: of the job as it is, byte for byte, with its defaults.
    ///
    /// Only compared with what such a submit left; see decision 0028. FNV-1a of 128 bits in two lanes.
    package var earlierFingerprint: String {
        var digest = FNV1a()
        for text in [
            type.text, queue.text, payload.string, projectId?.text, projectName, uniqueKey?.text, metadata.string,
            data?.string,
            internalData?.string, createdBy, createdByName, onConflict.rawValue,
        ] {
            digest.add(text)
        }
        digest.add(after.map(\.description).joined(separator: " "))
        digest.add(uploads.map(\.description).joined(separator: " "))
        digest.add("\(priority) \(maxAttempts) \(timeoutSeconds ?? 0) \(recordExpiresAt ?? -1) \(startsRunning)")
        digest.add(delaySeconds.map { "\($0)" })
        digest.add(runAt.map { "\($0.milliseconds)" })
        digest.add(tracking.map { "\($0.staleAfterSeconds ?? 0)" })
        // Those without one are told apart as they were before there were any.
        if let webhook {
            for text in [webhook.url, webhook.secret, webhook.format.rawValue] { digest.add(text) }
            for event in webhook.events.sorted() { digest.add(event.rawValue) }
        }
        return digest.text
    }
}

private struct FNV1a {
    private var lanes: (UInt64, UInt64) = (0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4)

    mutating func add(_ text: String?) {
        for byte in (text ?? "").utf8 { add(byte) }
        // Ends the field, so that moving a byte from one to the next makes a difference.
        add(text == nil ? 0xFE : 0xFF)
    }

    private mutating func add(_ byte: UInt8) {
        lanes.0 = (lanes.0 ^ UInt64(byte)) &* 0x100_0000_01b3
        lanes.1 = (lanes.1 ^ UInt64(byte) &+ lanes.0 >> 32) &* 0x100_0000_01b3
    }

    var text: String { String(lanes.0, radix: 16) + "-" + String(lanes.1, radix: 16) }
}
