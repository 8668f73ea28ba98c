import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import GRDB
import Testing

/// Ends of jobs for which many wait; `ERRAND_CASCADES` says for how many: 100000 is what Errand promises.
@Suite("What follows of the ends of jobs, on SQLite", .timeLimit(.minutes(5)))
struct CascadeTests {
    private static let count = ProcessInfo.processInfo.environment["ERRAND_CASCADES"].flatMap { Int($0) } ?? 5000

    @Test("SQLite: thousands who wait", arguments: JobStoreCheck.largeCascades(of: Self.count))
    func large(_ check: JobStoreCheck) async throws {
        try await TemporaryStore.with { store, clock in try await check.run(JobStoreUnderTest(store, clock: clock)) }
    }

    private static let byReapOnly: CascadePace = {
        var pace = CascadePace(step: 10)
        pace.goesOn = false
        return pace
    }()

    /// Leaves a file in which a job has been cancelled, and of those who wait for it only the first ten.
    private static func interrupted(_ path: String, _ count: Int) async throws -> [JobID] {
        let store = try await TemporaryStore.open(path, clock: ManualClock(), cascades: byReapOnly)
        defer { store.close() }
        var ids: [JobID] = []
        for _ in 0..<count {
            let after = ids.suffix(1)
            ids += try await store.submitted { $0.after = Array(after) }
        }
        _ = try await store.cancel(.id(ids[0]), reason: nil, scope: .system)
        return ids
    }

    @Test("what a process did not get to goes on in the next one as soon as the file is opened")
    func reopened() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let ids = try await Self.interrupted(path, 2500)
            let store = try await TemporaryStore.open(path, clock: ManualClock(), cascades: CascadePace(step: 50))
            defer { store.close() }
            var changes = store.changes(.jobs)
            while try await store.read(ids[2499]).status != .cancelled { _ = await changes.next() }
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
            #expect(counts.values.reduce(0) { $0 + $1[.cancelled] } == 2500)
        }
    }

    @Test("a copy goes on with what the original did not get to")
    func copied() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let copy = folder.appending(path: "copy.db").path()
            let ids = try await Self.interrupted(path, 30)
            let archive = try SQLiteArchive(path: path)
            defer { archive.close() }
            let target = try await SQLiteArchiveTarget(
                path: copy,
                options: .init(isDurable: false, cascades: Self.byReapOnly)
            )
            _ = try await JobCopy(archive, named: "a", to: target).run()
            target.close()
            let store = try await TemporaryStore.open(copy, clock: ManualClock(), cascades: Self.byReapOnly)
            defer { store.close() }
            #expect(try await store.read(ids[10]).status == .cancelled)
            #expect(try await store.read(ids[11]).status == .queued)
            for _ in 0..<2 { _ = try await store.reap(limit: 10) }
            #expect(try await store.read(ids[29]).status == .cancelled)
        }
    }

    @Test("one who cannot be told keeps no file shut, no end from being recorded, and is reported by every reap")
    func damaged() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let ids = try await Self.interrupted(path, 15)
            let file = try DatabaseQueue(path: path)
            try await file.write { try $0.execute(sql: "UPDATE jobs SET status = 77 WHERE number = 12") }
            let store = try await TemporaryStore.open(path, clock: ManualClock())
            defer { store.close() }
            let other = try await store.submitted(1)[0]
            let waiting = try await store.submitted { $0.after = [other] }[0]
            _ = try await store.cancel(.id(other), reason: nil, scope: .system)
            #expect(try await store.read(waiting).status == .cancelled)
            let error = await #expect(throws: JobStoreError.self) { _ = try await store.reap(limit: 10) }
            #expect(error?.code == .corrupt)
            try await file.write { try $0.execute(sql: "UPDATE jobs SET status = 0 WHERE number = 12") }
            _ = try await store.reap(limit: 10)
            #expect(try await store.read(ids[14]).status == .cancelled)
        }
    }
}
