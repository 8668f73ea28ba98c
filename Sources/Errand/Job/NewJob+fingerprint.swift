extension NewJob {
    /// What is known of the request that a submit came with, where that is more than the job shows.
    ///
    /// An object, so that the many jobs without one stay small.
    package final class Request: Sendable, Equatable {
        /// What was said of this job, before the type's defaults were filled in; see ``NewJob/said(leavingOut:)``.
        package let said: SubmitDigest
        /// The request that the job is a part of, where it is one with several jobs.
        package let whole: Whole?

        /// A request with several jobs.
        package struct Whole: Sendable, Equatable {
            /// The id under which a store keeps the request in mind.
            package let id: JobID
            /// Of all its jobs.
            package let fingerprint: SubmitFingerprint
            /// Whether the job is known by the request, and not by an id of its own.
            package let namesJob: Bool

            /// Creates the part of a request.
            package init(id: JobID, fingerprint: SubmitFingerprint, namesJob: Bool) {
                (self.id, self.fingerprint, self.namesJob) = (id, fingerprint, namesJob)
            }
        }

        /// Says what was said of a job, and what request it is a part of.
        package init(said: SubmitDigest, whole: Whole? = nil) { (self.said, self.whole) = (said, whole) }

        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        package static func == (one: Request, other: Request) -> Bool {
            one.said == other.said && one.whole == other.whole
        }
    }

    /// What a type says where the submitter says nothing.
    package struct Unsaid: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let queue = Unsaid(rawValue: 1)
        package static let maxAttempts = Unsaid(rawValue: 2)
        package static let timeoutSeconds = Unsaid(rawValue: 4)
    }

    /// By what a store knows this submit again when it comes a second time.
    package var fingerprint: SubmitFingerprint {
        if let whole = request?.whole, whole.namesJob { return whole.fingerprint }
        let meant = said(leavingOut: [])
        return SubmitFingerprint(said: request?.said ?? meant, meant: meant)
    }

    /// Whether it says the same as the submit that left a fingerprint.
    ///
    /// - Parameter stored: What the store has with the id; nil where the id was not the submitter's.
    /// - Returns: True for a repetition.
    package func repeats(_ stored: String?) -> Bool {
        guard let stored else { return false }
        guard let earlier = SubmitFingerprint(stored) else {
            return stored.utf8.elementsEqual(earlierFingerprint.utf8)
        }
        return earlier.isSame(as: fingerprint)
    }

    /// A digest of what the job says: what equals a default is left out, and JSON counts as it is understood.
    ///
    /// Not of its id, and not of the trace context, which each try of a submit has its own of.
    ///
    /// - Parameter unsaid: What the type filled in; the submitter did not say it.
    /// - Returns: The digest.
    package func said(leavingOut unsaid: Unsaid) -> SubmitDigest {
        var members = CanonicalMembers()
        members.add("after", after)
        members.add("createdBy", createdBy)
        members.add("createdByName", createdByName)
        members.add("data", data)
        members.add("delaySeconds", delaySeconds.map(Int64.init))
        members.add("internalData", internalData)
        members.add("maxAttempts", unsaid.contains(.maxAttempts) ? nil : Int64(maxAttempts))
        members.add("metadata", metadata.isEmptyObject ? nil : metadata)
        members.add("onConflict", onConflict == .return ? nil : onConflict.rawValue)
        members.add("payload", payload.isEmptyObject ? nil : payload)
        members.add("priority", priority == 0 ? nil : Int64(priority))
        members.add("projectId", projectId?.text)
        members.add("projectName", projectName)
        members.add("queue", unsaid.contains(.queue) ? nil : queue.text)
        members.add("recordExpiresAt", recordExpiresAt)
        members.add("runAt", runAt?.milliseconds)
        members.add("staleAfterSeconds", tracking?.staleAfterSeconds.map(Int64.init))
        members.add("startsRunning", startsRunning ? 1 : nil)
        members.add("timeoutSeconds", unsaid.contains(.timeoutSeconds) ? nil : timeoutSeconds.map(Int64.init))
        members.add("tracked", tracking == nil ? nil : 1)
        members.add("type", type.text)
        members.add("uniqueKey", uniqueKey?.text)
        members.add("uploads", uploads)
        if let webhook {
            members.add("webhookEvents", webhook.events.map(\.rawValue).sorted().joined(separator: " "))
            members.add("webhookFormat", webhook.format.rawValue)
            members.add("webhookSecret", webhook.secret)
            members.add("webhookURL", webhook.url)
        }
        return members.digest
    }
}

extension JSONText {
    /// Whether there are no members in it, however it is written.
    fileprivate var isEmptyObject: Bool { string.utf8.lazy.filter { !ASCII.isWhitespace($0) }.elementsEqual("{}".utf8) }
}

/// The members of an object in canonical form, added in the order of their names.
private struct CanonicalMembers {
    private var bytes: [UInt8] = []

    var digest: SubmitDigest { SubmitDigest(bytes + [ASCII.braceClose]) }

    private mutating func start(_ name: String) {
        bytes.append(bytes.isEmpty ? ASCII.braceOpen : ASCII.comma)
        CanonicalJSON.append(quoted: name, to: &bytes)
        bytes.append(ASCII.colon)
    }

    mutating func add(_ name: String, _ text: String?) {
        guard let text else { return }
        start(name)
        CanonicalJSON.append(quoted: text, to: &bytes)
    }

    mutating func add(_ name: String, _ number: Int64?) {
        guard let number else { return }
        start(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func add(_ name: String, _ value: JSONText?) {
        guard let value else { return }
        start(name)
        CanonicalJSON.append(value, to: &bytes)
    }

    mutating func add(_ name: String, _ ids: [JobID]) {
        guard !ids.isEmpty else { return }
        add(name, ids.map(\.description).joined(separator: " "))
    }
}
