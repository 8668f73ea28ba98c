import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// What is refused, in the very words of the reference store: they are made in the core.
    public static let refusing: [JobStoreCheck] = [
        JobStoreCheck("every refusal is worded as everywhere") { test in
            let reference = JobStoreUnderTest(
                MemoryJobStore(clock: ManualClock(wall: try await test.now())),
                clock: ManualClock()
            )
            let (found, expected) = (
                try await RefusalScript(test.store).play(), try await RefusalScript(reference.store).play()
            )
            #expect(expected.count == found.count && expected.allSatisfy { $0.code != "none" })
            for (found, expected) in zip(found, expected) { #expect(found == expected) }
        }
    ]
}

/// Asks a store for all that it refuses, with the same identifiers each time.
private final class RefusalScript {
    struct Refusal: Equatable {
        var name: String
        var code: String
        var message = ""
        var pointer: String?
        var status: JobStatus?
    }

    private let store: any JobStore
    private var found: [Refusal] = []
    private var lastID: UInt64 = 0
    private let within = Scope.tenant("default", projects: ["p"])

    init(_ store: any JobStore) { self.store = store }

    private func newID() -> JobID {
        lastID += 1
        return JobID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | lastID)
    }

    func play() async throws -> [Refusal] {
        try await refuseSubmits()
        try await refuseKeys()
        try await refuseOperations()
        try await refuseUpdates()
        try await refuseRecords()
        return found
    }

    private func note(_ name: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
            found.append(Refusal(name: name, code: "none"))
        } catch let error as JobStoreError {
            found.append(
                Refusal(
                    name: name,
                    code: error.code.rawValue,
                    message: error.message,
                    pointer: error.pointer,
                    status: error.currentStatus
                )
            )
        }
    }

    @discardableResult
    private func submit(
        _ type: Name = "work",
        scope: Scope = .default,
        _ change: (inout NewJob) -> Void = { _ in }
    ) async throws -> JobID {
        var job = NewJob(type: type)
        job.id = newID()
        change(&job)
        return try #require(try await store.insert([job], scope: scope).first).id
    }

    private func refuseSubmits() async throws {
        try await note("another project") { try await submit(scope: within) { $0.projectId = "q" } }
        try await note("no project") { try await submit(scope: within) }
        let id = try await submit()
        try await note("a used id") { try await submit { ($0.id, $0.priority) = (id, 3) } }
        try await note("a used id of another tenant's") { try await submit(scope: .tenant("b")) { $0.id = id } }
        let deleted = try await submit()
        _ = try await store.cancel(.id(deleted), reason: nil, scope: .default)
        try await store.delete(.id(deleted), scope: .default)
        try await note("the id of a deleted job") { try await submit { $0.id = deleted } }
        let missing = newID()
        try await note("an unknown dependency") { try await submit { $0.after = [id, missing] } }
        try await note("another tenant's dependency") { try await submit(scope: .tenant("b")) { $0.after = [id] } }
        try await note("an unknown upload") { try await submit { $0.uploads = [missing] } }
        try await note("no type") { try await submit("") }
        try await note("too many attempts") { try await submit { $0.maxAttempts = 1001 } }
        for (name, reference) in [("deleted", deleted), ("missing", missing)] {
            try await note("to read a \(name) job") { _ = try await store.job(.id(reference), scope: .default) }
            try await note("to cancel a \(name) job") {
                _ = try await store.cancel(.id(reference), reason: nil, scope: .default)
            }
        }
        try await note("to retry number 4711") {
            _ = try await store.retry(.number(4711), runAt: nil, scope: .default)
        }
    }

    private func refuseKeys() async throws {
        let holder = try await submit("keyed") { ($0.uniqueKey, $0.projectId) = ("k", "p") }
        func conflict(_ policy: NewJob.ConflictPolicy, _ change: @escaping (inout NewJob) -> Void = { _ in })
            async throws
        {
            try await submit("keyed") { job in
                (job.uniqueKey, job.onConflict) = ("k", policy)
                change(&job)
            }
        }
        try await note("a taken key") { try await conflict(.reject) }
        let other = try await submit()
        try await note("a replacement that waits") { try await conflict(.replace) { $0.after = [other] } }
        try await note("a tracked replacement") { try await conflict(.replace) { $0.tracking = Tracking() } }
        try await note("a key of another project") {
            try await submit("keyed", scope: .tenant("default", projects: ["q"])) { job in
                (job.uniqueKey, job.projectId) = ("k", "q")
            }
        }
        let answered = newID()
        try await conflict(.return) { $0.id = answered }
        try await note("an answer to something else") {
            try await conflict(.return) { ($0.id, $0.priority) = (answered, 1) }
        }
        let lease = try await claim("keyed")
        try await note("to replace what runs") { try await conflict(.replace) }
        _ = try await store.cancel(.id(holder), reason: nil, scope: .default)
        // Until its run has stopped, the job keeps the key.
        _ = try await store.settle([Settlement(lease: lease, outcome: .acknowledgeCancel)])
        try await submit("keyed") { $0.uniqueKey = "k" }
        try await note("to retry without the key") {
            _ = try await store.retry(.id(holder), runAt: nil, scope: .default)
        }
        try await store.delete(.id(holder), scope: .default)
        try await note("an answer whose job is deleted") { try await conflict(.return) { $0.id = answered } }
    }

    private func refuseOperations() async throws {
        let job = try await submit("operated")
        try await note("another revision") {
            _ = try await store.cancel(.id(job), reason: nil, ifRev: [7], scope: .default)
        }
        try await note("to delete what waits") { try await store.delete(.id(job), scope: .default) }
        try await note("to retry what waits") { _ = try await store.retry(.id(job), runAt: nil, scope: .default) }
        try await claim("operated")
        var amendment = JobAmendment()
        amendment.priority = 4
        try await note("to change what runs") { [amendment] in
            _ = try await store.amend(.id(job), with: amendment, ifRev: nil, scope: .default)
        }
        _ = try await store.cancel(.id(job), reason: nil, scope: .default)
        try await note("to cancel what ended") {
            _ = try await store.cancel(.id(job), reason: nil, scope: .default)
        }
    }

    private func refuseUpdates() async throws {
        func update(_ job: JobID, _ change: (inout TrackedUpdate) -> Void) async throws {
            var update = TrackedUpdate()
            change(&update)
            _ = try await store.update(.id(job), with: update, scope: .default)
        }
        let job = try await submit()
        try await note("to report on a worker's job") { try await update(job) { $0.progress = 1 } }
        let tracked = try await submit("tracked") { ($0.tracking, $0.startsRunning) = (Tracking(), true) }
        try await note("another fence") { try await update(tracked) { $0.fence = 99 } }
        try await note("back to the queue") { try await update(tracked) { $0.status = .queued } }
        try await update(tracked) { ($0.status, $0.result) = (.completed, JobResult(.emptyObject)) }
        try await note("another end") { try await update(tracked) { $0.status = .failed } }
        try await note("a second result") { try await update(tracked) { $0.result = JobResult(.emptyObject) } }
    }

    private func refuseRecords() async throws {
        try await note("an unknown worker") { try await store.want(.quiet, ofWorker: "nobody") }
        let missing = newID()
        if let uploads = store as? any UploadStore {
            try await note("an unknown upload's record") { _ = try await uploads.upload(missing, scope: .default) }
        }
        if let datasets = store as? any DatasetStore {
            try await note("an unknown dataset") {
                _ = try await datasets.dataset("d", projectId: "p", scope: .default)
            }
        }
        if let keys = store as? any APIKeyStore {
            try await note("an unknown API key") { _ = try await keys.revokeAPIKey(missing, scope: .system) }
        }
        if let hooks = store as? any WebhookStore {
            try await note("an unknown webhook") { _ = try await hooks.webhook(missing, scope: .system) }
        }
    }

    @discardableResult
    private func claim(_ type: Name) async throws -> JobLease {
        let request = ClaimRequest(worker: "w", types: [type], limit: 1, lease: .seconds(30))
        return try #require(try await store.claim(request).jobs.first).lease
    }
}
