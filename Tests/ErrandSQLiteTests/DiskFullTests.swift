import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import Testing

@Suite("A full disk", .timeLimit(.minutes(5)))
struct DiskFullTests {
    @Test("refuses as full, leaves nothing half-written, and the work goes on once there is space")
    func fullAndFreed() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            let leases = try await Self.running(3, on: store)
            let accepted = try await Self.fill(disk, store)
            #expect(accepted > 0)

            #expect(try await store.total() == 3 + accepted)
            for lease in leases { #expect(try await store.read(lease.id).status == .running) }
            #expect(try await store.renew(leases, for: .seconds(30)) == [.renewed, .renewed, .renewed])

            disk.setRoom(nil)
            let settled = try await store.settle(
                leases.map { Settlement(lease: $0, outcome: .complete(JobResult(.emptyObject))) }
            )
            #expect(settled == [.applied(.completed), .applied(.completed), .applied(.completed)])
            _ = try await store.submitted(10)
            #expect(try await store.total() == 13 + accepted)
            #expect(try await store.claimed(1000).count == 10 + accepted)
            #expect(try await store.wrongCounts() == 0)
            #expect(try await store.integrity() == "ok")
        }
    }

    @Test("loses nothing that was acknowledged when the process ends there and another opens the file")
    func fullAndReopened() async throws {
        try await TestDisk.with { disk, path in
            var store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            let leases = try await Self.running(2, on: store)
            let accepted = try await Self.fill(disk, store)
            store.close()
            disk.setRoom(nil)
            store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            #expect(try await store.total() == 2 + accepted)
            for lease in leases { #expect(try await store.read(lease.id).status == .queued) }
            #expect(try await store.wrongCounts() == 0)
            #expect(try await store.integrity() == "ok")
        }
    }

    @Test("fails every operation that was to be committed together, and none of them by halves")
    func together() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            disk.setRoom(40_000)
            let made = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let code = try await errorCode { _ = try await store.submitted(2) }
                        #expect(code == nil || code == .full)
                        return code == nil ? 2 : 0
                    }
                }
                return try await group.reduce(0, +)
            }
            disk.setRoom(nil)
            #expect(try await store.total() == made)
            #expect(try await store.onlyInt("SELECT count(*) FROM jobs") == made)
            #expect(try await store.wrongCounts() == 0)
        }
    }

    @Test("a probe of writes finds it, leaves nothing behind, and passes once there is space")
    func probed() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock(), isDurable: true)
            defer { store.close() }
            let syncs = disk.syncs
            try await store.probeWrite()
            #expect(disk.syncs > syncs, "a write that is not flushed proves nothing")
            #expect(!FileManager.default.fileExists(atPath: "\(path)-probe"))
            disk.setRoom(0)
            #expect(try await errorCode { _ = try await store.submitted() } == .full)
            await #expect(throws: JobStoreError.self) { try await store.probeWrite() }
            #expect(try await store.total() == 0, "it is read all the same")
            disk.setRoom(nil)
            try await store.probeWrite()
            #expect(try await store.submitted().count == 1)
        }
    }

    private static func running(_ count: Int, on store: SQLiteJobStore) async throws -> [JobLease] {
        _ = try await store.submitted(count)
        return try await store.claimed(count).map(\.lease)
    }

    /// Submits until the disk is full; how many were accepted.
    private static func fill(_ disk: TestDisk, _ store: SQLiteJobStore) async throws -> Int {
        disk.setRoom(200_000)
        for accepted in 0..<1000 {
            let code = try await errorCode { _ = try await store.submitted() }
            guard let code else { continue }
            #expect(code == .full)
            return accepted
        }
        Issue.record("the disk was never full")
        return 0
    }
}
