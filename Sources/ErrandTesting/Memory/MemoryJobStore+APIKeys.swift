public import Errand
public import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore: APIKeyStore {
    public func insert(_ key: APIKey) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in
            guard !state.apiKeys.contains(where: { $0.id == key.id || $0.prefix == key.prefix }) else {
                throw JobStoreError.takenAPIKey
            }
            state.apiKeys.append(key)
        }
    }

    public func apiKey(prefix: String) async throws(JobStoreError) -> APIKey? {
        try read { (state, _) throws(JobStoreError) in state.apiKeys.first { $0.prefix.utf8.elementsEqual(prefix.utf8) }
        }
    }

    public func apiKey(id: JobID) async throws(JobStoreError) -> APIKey? {
        try read { (state, _) throws(JobStoreError) in state.apiKeys.first { $0.id == id } }
    }

    public func apiKeys(scope: Scope) async throws(JobStoreError) -> [APIKey] {
        try read { (state, _) throws(JobStoreError) in state.apiKeys.filter { scope.contains($0.scope) }.reversed() }
    }

    public func revokeAPIKey(_ id: JobID, scope: Scope) async throws(JobStoreError) -> APIKey {
        try write { (state, time) throws(JobStoreError) in
            guard let index = state.apiKeys.firstIndex(where: { $0.id == id && scope.contains($0.scope) }) else {
                throw JobStoreError.noAPIKey(id)
            }
            state.apiKeys[index].revokedAt = state.apiKeys[index].revokedAt ?? time.wall
            return state.apiKeys[index]
        }
    }

    public func noteUse(ofAPIKey id: JobID, at time: Date) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in
            guard let index = state.apiKeys.firstIndex(where: { $0.id == id }) else { return }
            state.apiKeys[index].usedAt = max(state.apiKeys[index].usedAt ?? time, time)
        }
    }

    public func spend(token id: String, until: Date) async throws(JobStoreError) -> Bool {
        try write { (state, time) throws(JobStoreError) in
            state.spentTokens = state.spentTokens.filter { $0.value > time.wall }
            guard state.spentTokens[Name(id)] == nil else { return false }
            state.spentTokens[Name(id)] = until
            return true
        }
    }

    public func isSpent(token id: String) async throws(JobStoreError) -> Bool {
        try read { (state, _) throws(JobStoreError) in state.spentTokens[Name(id)] != nil }
    }
}
