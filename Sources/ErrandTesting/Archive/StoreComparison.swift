import Errand
import FoundationEssentials
import Testing

/// Compares all that can be asked of two stores, and records an issue for each difference.
struct StoreComparison {
    let copy: any CopyCheck.Store
    let original: any CopyCheck.Store

    func run() async throws {
        let last = try await original.jobs(JobFilter(), page: PageRequest(limit: 1), scope: .system).jobs.first?.number
        try #require(last != nil)
        // Behind the last one that is left stand some that were deleted.
        for number in 1...(last ?? 1) + 20 { try await compareJob(number) }
        for scope in [Scope.system, .default, .tenant("t1"), .tenant("t2", projects: ["p"])] {
            try await same("the queues") { try await $0.queues(scope: scope) }
            try await same("what is submitted by t1 or tagged") { store in
                var filter = JobFilter()
                filter.tag = "blue"
                return try await store.jobs(filter, page: PageRequest(limit: 1000), scope: scope).jobs.map(\.number)
            }
            for grouping in JobGrouping.allCases {
                try await same("the counts by \(grouping)") {
                    try await $0.counts(by: grouping, projectId: nil, scope: scope)
                }
            }
        }
        try await compareFiles()
        try await compareIdentity()
    }

    private func compareIdentity() async throws {
        for scope in [Scope.system, .tenant("t1")] {
            try await same("the API keys") { try await $0.apiKeys(scope: scope) }
            try await same("the webhooks") { try await $0.webhooks(scope: scope) }
            try await same("the audit") { try await $0.audit(AuditFilter(), page: PageRequest(), scope: scope) }
        }
        try await same("what is spent") { try await $0.isSpent(token: CopiedIdentity.token) }
    }

    private func compareJob(_ number: Int64) async throws {
        let job = JobReference.number(number)
        let found = try await answer { store in
            var job = try await store.job(job, scope: .system)
            // A cancelled run that nobody acknowledged keeps its lease, which is no part of a copy.
            job.leaseEnd = nil
            return job
        }
        guard case .success(let left) = found.copy, case .success(let right) = found.original else {
            #expect(found.copy == found.original, "job #\(number)")
            return
        }
        #expect(left == right, "job #\(number) differs:\n\(differences(left, right))")
        try await same("the log of #\(number)") { try await $0.logs(job, after: 0, limit: 2000, scope: .system) }
        try await same("the files of #\(number)") { try await $0.files(job, scope: .system) }
    }

    private func compareFiles() async throws {
        let upload = try #require(CopiedFiles.upload)
        try await same("the upload") { try await $0.upload(upload, scope: .default) }
        try await same("the datasets") { try await $0.datasets(projectId: CopiedFiles.project, scope: .default) }
        for dataset in try await original.datasets(projectId: CopiedFiles.project, scope: .default) {
            try await same("the rows of \(dataset.reference.name)") {
                try await $0.rows(of: dataset, after: 0, limit: 1000)
            }
        }
        try await same("the orphaned files") { try await $0.prune(limit: 0, deletedFiles: []).orphanedFiles.sorted() }
    }

    private func same<Value: Equatable>(
        _ what: String,
        _ ask: (any CopyCheck.Store) async throws -> Value
    ) async throws {
        let (left, right) = (try await ask(copy), try await ask(original))
        #expect(left == right, "\(what) differ")
    }

    private func answer<Value: Equatable>(
        _ ask: (any CopyCheck.Store) async throws -> Value
    ) async throws -> (copy: Answer<Value>, original: Answer<Value>) {
        (try await Answer(copy, ask), try await Answer(original, ask))
    }
}

/// What a store said, or why it did not.
private enum Answer<Value: Equatable>: Equatable {
    case success(Value)
    case refusal(JobStoreError.Code)

    init(_ store: any CopyCheck.Store, _ ask: (any CopyCheck.Store) async throws -> Value) async throws {
        do {
            self = .success(try await ask(store))
        } catch let error as JobStoreError {
            self = .refusal(error.code)
        }
    }
}
