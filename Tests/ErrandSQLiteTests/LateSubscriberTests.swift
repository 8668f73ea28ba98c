import Dispatch
import Errand
import ErrandTesting
import Testing

@testable import ErrandSQLite

/// Somebody subscribes while a transaction is under way, looks, and sees what was before it.
@Suite(.timeLimit(.minutes(5)))
struct LateSubscriberTests {
    @Test("a change that was being committed when somebody subscribed is told")
    func jobs() async throws {
        try await TemporaryStore.with { store, _ in
            let id = try await store.insert([NewJob(type: "work")], scope: .default)[0].id
            try await Self.during(store) { session throws(JobStoreError) in
                _ = try session.cancel(.id(id), reason: nil, ifRev: nil, scope: .default)
            } then: { commit in
                var changes = store.changes(.jobs)
                let before = try await store.job(.id(id), scope: .default)
                #expect(before.status == .queued)
                commit()
                let change = await changes.next()
                #expect(change?.isIncomplete == true || change?.jobs[id] != nil)
                let after = try await store.job(.id(id), scope: .default)
                #expect(after.status == .cancelled)
            }
        }
    }

    @Test("a job that was being stored when a claim began to wait wakes it")
    func wakeUps() async throws {
        try await TemporaryStore.with { store, _ in
            try await Self.during(store) { session throws(JobStoreError) in
                _ = try session.insert([NewJob(type: "work", queue: "images")], tenant: "default", scope: .default)
            } then: { commit in
                var changes = store.changes(.wakeUps)
                commit()
                #expect(await changes.next()?.queues.contains("images") == true)
            }
        }
    }

    /// Does something in a transaction that is held open until the body says so.
    private static func during(
        _ store: SQLiteJobStore,
        _ change: @escaping @Sendable (SQLiteSession) throws(JobStoreError) -> Void,
        then body: @Sendable (_ commit: @Sendable () -> Void) async throws -> Void
    ) async throws {
        let (entered, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await store.write { session throws(JobStoreError) in
                    try change(session)
                    entered.signal()
                    released.wait()
                }
            }
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    entered.wait()
                    continuation.resume()
                }
            }
            defer { released.signal() }
            try await body { released.signal() }
            try await group.waitForAll()
        }
    }
}
