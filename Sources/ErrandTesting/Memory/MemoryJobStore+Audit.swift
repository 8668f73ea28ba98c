public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore: AuditStore {
    public func append(_ entry: AuditEntry) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in
            var entry = entry
            entry.number = Int64(state.audit.count + 1)
            state.audit.append(entry)
        }
    }

    public func audit(
        _ filter: AuditFilter,
        page: PageRequest,
        scope: Scope
    ) async throws(JobStoreError) -> [AuditEntry] {
        try read { (state, _) throws(JobStoreError) in
            let found = state.audit.reversed().filter { entry in
                scope.includes(tenantId: entry.tenantId, projectId: nil) && filter.includes(entry)
                    && page.before.map { entry.number < $0 } ?? true
            }
            return Array(found.prefix(max(0, page.limit)))
        }
    }
}
