import FoundationEssentials

/// How stores spell the parts of a webhook that are lists.
extension Webhook {
    /// The events' names, sorted, with spaces between them.
    package var storedEvents: String { events.sorted().map(\.rawValue).joined(separator: " ") }

    /// The secrets with a space between them, each with the milliseconds at which it ends behind a comma.
    package var storedSecrets: String {
        secrets.map { secret in
            secret.text + (secret.validUntil.map { ",\($0.milliseconds)" } ?? "")
        }
        .joined(separator: " ")
    }

    /// Reads events back; one that this version does not know is never told of.
    package static func events(stored text: String) -> Set<WebhookEvent> {
        Set(text.split(separator: " ").compactMap { WebhookEvent(rawValue: String($0)) })
    }

    /// Reads secrets back.
    package static func secrets(stored text: String) throws(JobStoreError) -> [Secret] {
        var secrets: [Secret] = []
        for part in text.split(separator: " ") {
            let pieces = part.split(separator: ",")
            let end = pieces.count == 2 ? Int64(pieces[1]) : nil
            guard let first = pieces.first, pieces.count == 1 || end != nil else {
                throw JobStoreError(.corrupt, "The secrets of a webhook cannot be read.")
            }
            secrets.append(Secret(String(first), validUntil: end.map(Date.init(milliseconds:))))
        }
        return secrets
    }
}

extension Scope {
    /// The names of a scope's projects as stores keep them, a JSON array; nil where it is not limited to some.
    package var storedProjects: String? {
        guard case .tenant(_, let projects?) = self else { return nil }
        var writer = JSONWriter()
        writer.array { writer in for project in projects.sorted() { writer.value(project.text) } }
        return writer.text.string
    }

    /// The scope that a tenant and stored projects stand for.
    package static func stored(
        tenantId: Name?,
        projects: String?
    ) throws(JobStoreError) -> Scope {
        guard let tenantId else { return .system }
        guard let projects else { return .tenant(tenantId) }
        do {
            let names = try JSONText(validating: projects).elements().compactMap(\.nameValue)
            return .tenant(tenantId, projects: Set(names))
        } catch {
            throw JobStoreError(.corrupt, "The projects of a scope are no list of names: \(projects)")
        }
    }
}
