import Errand
import ErrandTesting
import Testing

@testable import ErrandSQLite

@Suite("Questions that come at the same time", .timeLimit(.minutes(5)))
struct SharedReadsTests {
    @Test("each gets its own answer, and sees what was committed before it asked")
    func together() async throws {
        try await TemporaryStore.with { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let job = NewJob(type: "type-\(number)")
                        let id = try await store.insert([job], scope: .default)[0].id
                        let found = try await store.job(.id(id), scope: .default)
                        #expect(found.type == job.type && found.status == .queued)
                        _ = try await store.cancel(.id(id), reason: nil, scope: .default)
                        let cancelled = try await store.job(.id(id), scope: .default)
                        #expect(cancelled.status == .cancelled)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("one that finds nothing does not hinder the others")
    func missing() async throws {
        try await TemporaryStore.with { store, _ in
            let id = try await store.insert([NewJob(type: "work")], scope: .default)[0].id
            let found = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            let reference: JobReference = number.isMultiple(of: 2) ? .id(id) : .number(999)
                            _ = try await store.job(reference, scope: .default)
                            return true
                        } catch let error as JobStoreError where error.code == .notFound {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(found == 50)
        }
    }

    @Test("a closed store answers that it is closed")
    func closed() async throws {
        try await TemporaryStore.with { store, _ in
            store.close()
            await #expect(throws: JobStoreError.self) { _ = try await store.job(.number(1), scope: .default) }
        }
    }
}
