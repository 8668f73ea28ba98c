import Dispatch
import Errand
@testable import ErrandSQLite
import ErrandTesting
import Foundation
import Testing

@Suite("What SQLite has acknowledged is on the disk", .timeLimit(.minutes(5)))
struct DurabilityTests {
    @Test("the writer syncs fully, and every commit that is acknowledged one after the other syncs the log")
    func sequential() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            #expect(try await store.onlyInt("PRAGMA synchronous") == 2)
            #expect(try await store.onlyText("PRAGMA journal_mode") == "wal")
            for _ in 0..<50 {
                let before = disk.syncs
                _ = try await store.submitted()
                #expect(disk.syncs > before)
            }
            let before = disk.syncs
            let lease = try #require(try await store.claimed().first).lease
            #expect(disk.syncs > before)
            _ = try await store.settle([Settlement(lease: lease, outcome: .complete(JobResult()))])
            #expect(disk.syncs > before + 1)
        }
    }

    @Test("operations that wait for the writer are committed together")
    func together() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            _ = try await store.submitted()
            let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await store.write { _ in
                        entered.signal()
                        release.wait()
                    }
                }
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().async {
                        entered.wait()
                        continuation.resume()
                    }
                }
                let before = disk.syncs
                for _ in 0..<64 { group.addTask { _ = try await store.submitted() } }
                while store.database.writer.waitingCount < 64 { await Task.yield() }
                release.signal()
                try await group.waitForAll()
                #expect(disk.syncs - before == 1)
            }
            #expect(try await store.total() == 65)
        }
    }

    @Test("a commit that could not be forced to the disk is not acknowledged and not there")
    func failedSync() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            _ = try await store.submitted(3)
            disk.failAfter(0)
            #expect(try await errorCode { _ = try await store.submitted() } == .unavailable)
            #expect(try await store.total() == 3)
            disk.failAfter(nil)
            _ = try await store.submitted()
            #expect(try await store.total() == 4)
            #expect(try await store.wrongCounts() == 0)
        }
    }

    @Test("whichever write or sync is the first to fail, what was acknowledged is there after the next opening")
    func everyOperation() async throws {
        for operations in 0..<60 {
            try await TestDisk.with { disk, path in
                let clock = ManualClock()
                var store = try await TemporaryStore.open(path, clock: clock, isDurable: true)
                disk.failAfter(operations)
                var acknowledged = Acknowledged()
                await acknowledged.play(on: store)
                store.close()
                disk.failAfter(nil)
                store = try await TemporaryStore.open(path, clock: clock, isDurable: true)
                defer { store.close() }
                for id in acknowledged.submitted { _ = try await store.read(id) }
                for id in acknowledged.completed { #expect(try await store.read(id).status == .completed) }
                #expect(try await store.integrity() == "ok")
                #expect(try await store.wrongCounts() == 0)
            }
        }
    }

    @Test("the write of a caller who was cancelled is made all the same")
    func cancelledCaller() async throws {
        try await TemporaryStore.with { store, _ in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                #expect(Task.isCancelled)
                return try await store.submitted()
            }
            let ids = try await task.value
            #expect(try await store.read(ids[0]).status == .queued)
        }
    }

    @Test("closing while writes wait: each is made or refused, and none is forgotten", arguments: [0, 1, 50, 500])
    func closing(_ callers: Int) async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let store = try await TemporaryStore.open(path, clock: ManualClock())
            let made = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<callers {
                    group.addTask {
                        let code = try await errorCode { _ = try await store.submitted() }
                        #expect(code == nil || code == .unavailable)
                        return code == nil ? 1 : 0
                    }
                }
                group.addTask {
                    store.close()
                    return 0
                }
                return try await group.reduce(0, +)
            }
            #expect(try await errorCode { _ = try await store.submitted() } == .unavailable)
            let again = try await TemporaryStore.open(path, clock: ManualClock())
            defer { again.close() }
            #expect(try await again.total() == made)
        }
    }
}

/// What a client was told before the disk failed.
private struct Acknowledged {
    var submitted: [JobID] = []
    var completed: [JobID] = []

    /// Submits, claims, reports and completes until the store refuses.
    mutating func play(on store: SQLiteJobStore) async {
        do {
            for _ in 0..<8 {
                submitted += try await store.submitted(2)
                guard let lease = try await store.claimed().first?.lease else { continue }
                var report = RunReport(lease: lease)
                report.progress = 50
                _ = try await store.report([report])
                let settled = try await store.settle([Settlement(lease: lease, outcome: .complete(JobResult()))])
                if settled == [.applied(.completed)] { completed.append(lease.id) }
            }
        } catch {
            // The disk failed, which is what the test is about; what counts is what was acknowledged before.
        }
    }
}
