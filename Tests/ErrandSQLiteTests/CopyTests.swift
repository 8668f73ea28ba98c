import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import Synchronization
import Testing

@Suite("Copies from SQLite to SQLite", .timeLimit(.minutes(5)))
struct CopyTests {
    @Test("a copy is the original, and what waited in it runs", arguments: 1...6)
    func whole(seed: UInt64) async throws {
        try await TemporaryStore.withFolder { folder in
            let paths = Paths(folder)
            let opened = Mutex<SQLiteJobStore?>(nil)
            try await CopyCheck(seed: seed).run(
                original: { clock in
                    let store = try await TemporaryStore.open(paths.original, clock: clock)
                    opened.withLock { $0 = store }
                    return store
                },
                copied: { clock in
                    opened.withLock { $0 }?.close()
                    try await paths.copy(clock)
                    // The copy takes back runs of workers outside the process at once; the original waits for them.
                    let original = try await SQLiteJobStore(
                        path: paths.original,
                        options: .init(clock: clock, sessionLease: .zero, isDurable: false)
                    )
                    return (original, try await TemporaryStore.open(paths.copied, clock: clock))
                }
            )
        }
    }

    @Test("an interrupted copy is completed by the next, and nothing is there twice; a finished one is left alone")
    func interrupted() async throws {
        try await filled { paths, clock in
            let archive = try SQLiteArchive(path: paths.original, clock: clock)
            defer { archive.close() }
            for writes in [1, 2, 4] {
                let target = try await paths.target(clock)
                defer { target.close() }
                let copy = JobCopy(archive, named: "a", to: BreakingTarget(target, after: writes))
                await #expect(throws: JobStoreError.self) { try await copy.run() }
            }
            // Until it is whole it cannot be worked with.
            let refusal = await #expect(throws: JobStoreError.self) {
                try await TemporaryStore.open(paths.copied, clock: clock).close()
            }
            #expect(refusal?.message.contains("Run that errand copy again") == true)
            for expected in [ArchiveStart.interrupted, .finished] {
                let target = try await paths.target(clock)
                let start = try await JobCopy(archive, named: "a", to: target).run().start
                target.close()
                #expect(start == expected)
            }
            let store = try await TemporaryStore.open(paths.copied, clock: clock)
            defer { store.close() }
            let counts = try await store.counts(by: .queue, projectId: nil, scope: .system)
            #expect(counts["default"]?.total == 450)
        }
    }

    @Test("a target with jobs of its own, of another source, or of a source that went on is refused")
    func refusals() async throws {
        try await filled { paths, clock in
            let own = try await TemporaryStore.open(paths.copied + "2", clock: clock)
            _ = try await own.insert([NewJob(type: "own")], scope: .default)
            own.close()
            let archive = try SQLiteArchive(path: paths.original, clock: clock)
            let filled = try await SQLiteArchiveTarget(path: paths.copied + "2", options: .init(clock: clock))
            await #expect(throws: JobStoreError.self) { try await JobCopy(archive, named: "a", to: filled).run() }
            filled.close()
            let target = try await paths.target(clock)
            await #expect(throws: JobStoreError.self) {
                try await JobCopy(archive, named: "a", to: BreakingTarget(target, after: 1)).run()
            }
            await expectRefusal("from another source") {
                try await JobCopy(archive, named: "b", to: target).run()
            }
            archive.close()
            let source = try await TemporaryStore.open(paths.original, clock: clock)
            _ = try await source.cancel(.number(7), reason: nil, scope: .system)
            source.close()
            let changed = try SQLiteArchive(path: paths.original, clock: clock)
            await expectRefusal("something has worked on the source") {
                try await JobCopy(changed, named: "a", to: target).run()
            }
            changed.close()
            target.close()
        }
    }

    @Test("a source that a process has open is refused, with that process")
    func owned() async throws {
        try await TemporaryStore.withFolder { folder in
            let paths = Paths(folder)
            let store = try await TemporaryStore.open(paths.original, clock: ManualClock())
            defer { store.close() }
            let error = #expect(throws: JobStoreError.self) { try SQLiteArchive(path: paths.original) }
            #expect(error?.code == .inUse)
            #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        }
    }

    private func expectRefusal(_ words: String, _ body: () async throws -> Void) async {
        let error = await #expect(throws: JobStoreError.self) { try await body() }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    /// A file with 450 jobs.
    private func filled(_ body: (Paths, ManualClock) async throws -> Void) async throws {
        try await TemporaryStore.withFolder { folder in
            let (paths, clock) = (Paths(folder), ManualClock())
            let store = try await TemporaryStore.open(paths.original, clock: clock)
            for _ in 0..<3 {
                _ = try await store.insert((0..<150).map { _ in NewJob(type: "work") }, scope: .default)
            }
            store.close()
            try await body(paths, clock)
        }
    }
}

private struct Paths {
    let original: String
    let copied: String

    init(_ folder: URL) {
        original = folder.appending(path: "a.db").path()
        copied = folder.appending(path: "b.db").path()
    }

    func target(_ clock: ManualClock) async throws -> SQLiteArchiveTarget {
        try await SQLiteArchiveTarget(path: copied, options: .init(clock: clock, isDurable: false))
    }

    func copy(_ clock: ManualClock) async throws {
        let archive = try SQLiteArchive(path: original, clock: clock)
        defer { archive.close() }
        let target = try await target(clock)
        defer { target.close() }
        try await JobCopy(archive, named: original, to: target).run()
    }
}

/// A target that is lost after so many writes.
private final class BreakingTarget: JobArchiveTarget {
    private let target: any JobArchiveTarget
    private let left: Mutex<Int>

    init(_ target: any JobArchiveTarget, after writes: Int) {
        self.target = target
        left = Mutex(writes)
    }

    func begin(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) -> ArchiveStart {
        try await target.begin(from: source, summary)
    }

    func write(_ records: [ArchiveRecord]) async throws(JobStoreError) {
        let isBroken = left.withLock { left in
            left -= 1
            return left < 0
        }
        if isBroken { throw .lost }
        try await target.write(records)
    }

    func finish(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) { throw .lost }

    func close() {}
}

extension JobStoreError {
    fileprivate static let lost = JobStoreError(.unavailable, "The target was lost.")
}
