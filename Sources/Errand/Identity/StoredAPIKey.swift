import FoundationEssentials

/// How stores spell the parts of a key that are sets.
extension APIKey {
    /// The scopes' names, sorted, with spaces between them, as OAuth writes them.
    package var storedScopes: String { scopes.sorted().map(\.rawValue).joined(separator: " ") }

    /// Reads them back; a scope that this version does not know allows nothing.
    package static func scopes(stored text: String) -> Set<AccessScope> {
        Set(text.split(separator: " ").compactMap { AccessScope(rawValue: String($0)) })
    }
}
