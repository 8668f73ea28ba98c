import FoundationEssentials

/// How stores spell the parts of a key that are sets.
extension APIKey {
    /// The scopes' names, sorted, with spaces between them, as OAuth writes them.
    package var storedScopes: String { scopes.sorted().map(\.rawValue).joined(separator: " ") }

    /// The projects as a JSON array; nil where the key is not limited to some.
    package var storedProjects: String? {
        guard case .tenant(_, let projects?) = scope else { return nil }
        var writer = JSONWriter()
        writer.array { writer in for project in projects.sorted() { writer.value(project) } }
        return writer.text.string
    }

    /// Reads both back; a scope that this version does not know allows nothing.
    package static func scopes(stored text: String) -> Set<AccessScope> {
        Set(text.split(separator: " ").compactMap { AccessScope(rawValue: String($0)) })
    }

    /// The reach that a tenant and stored projects stand for.
    package static func scope(tenantId: String?, storedProjects: String?) throws(JobStoreError) -> Scope {
        guard let tenantId else { return .system }
        guard let storedProjects else { return .tenant(tenantId) }
        do {
            let names = try JSONText(validating: storedProjects).elements().compactMap(\.stringValue)
            return .tenant(tenantId, projects: Set(names))
        } catch {
            throw JobStoreError(.corrupt, "The projects of an API key are no list of names: \(storedProjects)")
        }
    }
}
