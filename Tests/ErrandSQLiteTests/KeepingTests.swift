import Errand
@testable import ErrandSQLite
import ErrandTesting
import Foundation
import GRDB
import Synchronization
import Testing

@Suite("What SQLite keeps", .timeLimit(.minutes(5)))
struct KeepingTests {
    @Test("the counts are what counting gives, after any history", arguments: [11, 12, 13, 14, 15, 16])
    func counts(_ seed: UInt64) async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let played = Mutex<SQLiteJobStore?>(nil)
            try await JobHistory(seed: seed, steps: 400).play { clock in
                let store = try await TemporaryStore.open(path, clock: clock)
                played.withLock { $0 = store }
                return store
            }
            let store = try #require(played.withLock { $0 })
            defer { store.close() }
            #expect(try await store.total() > 0)
            #expect(try await store.wrongCounts() == 0)
            #expect(try await store.integrity() == "ok")
        }
    }

    @Test("texts of the greatest size come back as they were given")
    func bigTexts() async throws {
        try await TemporaryStore.with { store, _ in
            let payload = try Self.object(bytes: JobLimits.payloadBytes)
            let id = try await store.submitted { $0.payload = payload }[0]
            #expect(try await store.read(id).payload == payload)
            let job = try #require(try await store.claimed().first)
            #expect(job.payload == payload)
            let result = try Self.object(bytes: JobLimits.resultBytes)
            var report = RunReport(lease: job.lease)
            report.checkpoint = payload
            let settlement =
                Settlement(lease: job.lease, outcome: .complete(JobResult(result)), report: report)
            #expect(try await store.settle([settlement]) == [.applied(.completed)])
            #expect(try await store.read(id).result == result)
        }
    }

    @Test("progress, a renewal and a claim do not write a big payload again")
    func bigTextsStay() async throws {
        try await TestDisk.with { disk, path in
            let store = try await TemporaryStore.open(path, clock: ManualClock())
            defer { store.close() }
            let payload = try Self.object(bytes: JobLimits.payloadBytes)
            _ = try await store.submitted { $0.payload = payload }
            let before = disk.writtenBytes
            #expect(before > JobLimits.payloadBytes)
            let lease = try #require(try await store.claimed().first).lease
            for percent in 0..<3 {
                var report = RunReport(lease: lease)
                report.progress = percent
                #expect(try await store.report([report]) == [.applied])
            }
            #expect(try await store.renew([lease], for: .seconds(30)) == [.renewed])
            #expect(disk.writtenBytes - before < JobLimits.payloadBytes / 2)
        }
    }

    @Test("no jump of the wall clock ends a lease or keeps one alive")
    func clockJumps() async throws {
        try await TemporaryStore.with { store, clock in
            let later = clock.now().wall.addingTimeInterval(3600)
            _ = try await store.submitted()
            let scheduled = try await store.submitted { $0.runAt = Moment(clamping: later) }[0]
            let lease = try #require(try await store.claimed().first).lease
            clock.jumpWall(by: .seconds(86_400))
            #expect(try await store.reap(limit: 10) == 0)
            #expect(try await store.renew([lease], for: .seconds(30)) == [.renewed])
            #expect(try await store.claimed().map(\.lease.id) == [scheduled])
            clock.jumpWall(by: .seconds(-7 * 86_400))
            clock.advance(by: .milliseconds(29_999))
            #expect(try await store.reap(limit: 10) == 0)
            clock.advance(by: .milliseconds(1))
            #expect(try await store.reap(limit: 10) == 2)
            #expect(try await store.renew([lease], for: .seconds(30)) == [.lost])
        }
    }

    @Test("another program that locks the file delays a write, and nothing is lost by it")
    func lockedByAnother() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let store = try await TemporaryStore.open(path, clock: ManualClock())
            defer { store.close() }
            _ = try await store.submitted()
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            async let code = errorCode { _ = try await store.submitted() }
            #expect(try await store.total() == 1)
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            #expect(try await code == nil)
            #expect(try await store.total() == 2)
            try other.close()
        }
    }

    private static func object(bytes: Int) throws -> JSONText {
        let text = String(repeating: "x", count: bytes - #"{"a":""}"#.utf8.count)
        let object = try JSONText(validating: #"{"a":"\#(text)"}"#)
        #expect(object.utf8Count == bytes)
        return object
    }
}
