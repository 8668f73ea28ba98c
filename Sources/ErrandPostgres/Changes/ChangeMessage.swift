#if Postgres
import Errand

/// Changes as they go from process to process: the sender, then a line of JSON for each change.
enum ChangeMessage {
    /// PostgreSQL takes less than 8,000 bytes.
    private static let byteLimit = 7900
    /// More changed jobs than this are not told one by one: who cares reads again.
    private static let jobLimit = 500

    /// The changes in as few messages as they fit in.
    static func encode(_ changes: StoreChanges, from sender: String) -> [String] {
        var messages: [String] = []
        var message = sender
        for line in lines(of: changes) {
            // A name that no message can carry: who listens reads again.
            let fits = sender.utf8.count + line.utf8.count + 1 < byteLimit
            let line = fits ? line : Self.line("i", [])
            if message.utf8.count + line.utf8.count >= byteLimit {
                messages.append(message)
                message = sender
            }
            message += "\n" + line
        }
        if message != sender { messages.append(message) }
        return messages
    }

    /// The changes in a message of another process; nil for one's own, and for what is none.
    static func decode(_ message: String, apartFrom own: String) -> StoreChanges? {
        let lines = message.split(separator: "\n")
        guard let sender = lines.first, sender != own else { return nil }
        var changes = StoreChanges()
        for line in lines.dropFirst() {
            // Anyone may notify on a channel: what cannot be read is somebody else's.
            guard let json = try? JSONText(validating: String(line)), let parts = try? json.elements() else {
                return nil
            }
            add(parts, to: &changes)
        }
        return changes
    }

    /// A message to oneself, which nobody else minds.
    static func ping(_ nonce: String, from sender: String) -> String { sender + "\n" + line("p", [nonce]) }

    /// What was sent by ``ping(_:from:)``.
    static func nonce(in message: String, from own: String) -> String? {
        let lines = message.split(separator: "\n")
        guard lines.count == 2, lines[0] == own else { return nil }
        // Anything else that comes along the channel is no ping.
        let parts = try? JSONText(validating: String(lines[1])).elements()
        guard let parts else { return nil }
        return parts.count == 2 && parts[0].stringValue == "p" ? parts[1].stringValue : nil
    }

    private static func lines(of changes: StoreChanges) -> [String] {
        var lines = changes.queues.sorted().map { line("q", [$0.text]) }
        lines += changes.revoked.map { line("r", [$0.id.description, String($0.number), String($0.fence)]) }
        guard !changes.isIncomplete, changes.jobs.count <= jobLimit else { return lines + [line("i", [])] }
        return lines
            + changes.jobs.values.map { job in
                line("j", [job.id.description, job.tenantId?.text, job.projectId?.text, job.rev.map(String.init)])
            }
    }

    private static func line(_ kind: String, _ parts: [String?]) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            writer.value(kind)
            for part in parts { writer.value(part) }
        }
        return writer.text.string
    }

    private static func add(_ parts: [JSONText], to changes: inout StoreChanges) {
        let parts = parts.map(\.stringValue)
        switch (parts.first, parts.count) {
        case ("q", 2): if let queue = parts[1] { changes.queues.insert(Name(queue)) }
        case ("i", 1): changes.isIncomplete = true
        case ("r", 4):
            guard let id = parts[1].flatMap({ JobID($0) }), let number = parts[2].flatMap({ Int64($0) }),
                let fence = parts[3].flatMap({ Int64($0) })
            else { return }
            changes.revoked.insert(JobLease(id: id, number: number, fence: fence))
        case ("j", 5):
            guard let id = parts[1].flatMap({ JobID($0) }) else { return }
            let rev = parts[4].flatMap { Int64($0) }
            changes.jobs[id] = JobChange(
                id: id,
                tenantId: parts[2].map { Name($0) },
                projectId: parts[3].map { Name($0) },
                rev: rev
            )
        default: break
        }
    }
}
#endif
