#if Postgres
import Errand
import ErrandTesting
import Foundation
import Synchronization
import Testing

@testable import ErrandPostgres

@Suite("Copies from PostgreSQL to PostgreSQL", .timeLimit(.minutes(5)))
struct CopyTests {
    @Test("a copy is the original, and what waited in it runs", arguments: 1...4)
    func whole(seed: UInt64) async throws {
        try await TemporarySchema.withName { original in
            try await Self.withCopy(of: original) { copied in
                let store = Opened()
                defer { store.close() }
                try await CopyCheck(seed: seed).run(
                    original: { clock in try await store.open(original, clock) },
                    copied: { clock in
                        try await Self.copy(original, to: copied, clock)
                        return (try await store.open(original, clock), try await store.open(copied, clock))
                    }
                )
            }
        }
    }

    @Test("a source with live workers, or a run whose lease holds, is refused")
    func liveWorkers() async throws {
        try await TemporarySchema.with { store, clock in
            try await Self.withCopy(of: store.context.options.schema) { copied in
                let source = store.context.options.schema
                let worker = WorkerAnnouncement(
                    id: "w1",
                    name: "web-1:4711",
                    types: ["work"],
                    slots: 1,
                    startedAt: clock.now().wall,
                    lease: .seconds(30)
                )
                try await store.announce(worker)
                await Self.expectRefusal("w1 (web-1:4711)") { try await Self.copy(source, to: copied, clock) }
                try await store.withdraw(worker: "w1")
                _ = try await store.insert([NewJob(type: "work")], scope: .default)
                let request = ClaimRequest(worker: "w2", types: ["work"], limit: 1, lease: .seconds(30))
                _ = try await store.claim(request)
                await Self.expectRefusal("1 runs whose lease holds") {
                    try await Self.copy(source, to: copied, clock)
                }
                clock.advance(by: .seconds(31))
                try await Self.copy(source, to: copied, clock)
                // The source was only read: there the run is still left over.
                #expect(try await store.job(.number(1), scope: .system).status == .running)
                let copy = try await TemporarySchema.open(copied, clock: clock)
                defer { copy.close() }
                let job = try await copy.job(.number(1), scope: .system)
                #expect(job.status == .queued && job.fence == 2 && job.lostCount == 1)
            }
        }
    }

    @Test("a schema that a copy has not filled to its end refuses to be opened")
    func unfinished() async throws {
        try await TemporarySchema.with { source, clock in
            _ = try await source.insert([NewJob(type: "work")], scope: .default)
            try await Self.withCopy(of: source.context.options.schema) { copied in
                let (from, target) = try Self.ends(source.context.options.schema, copied, clock)
                defer {
                    from.close()
                    target.close()
                }
                let summary = try await from.summary()
                #expect(try await target.begin(from: "s", summary) == .new)
                let refusal = await #expect(throws: JobStoreError.self) {
                    try await TemporarySchema.open(copied, clock: clock).close()
                }
                #expect(refusal?.message.contains("Run that errand copy again") == true)
                let start = try await JobCopy(from, named: "s", to: target).run().start
                #expect(start == .interrupted)
                let copy = try await TemporarySchema.open(copied, clock: clock)
                defer { copy.close() }
                #expect(try await copy.job(.number(1), scope: .system).type == "work")
            }
        }
    }

    @Test("a copy goes on with what the original did not get to, and with what ends later")
    func cascades() async throws {
        try await TemporarySchema.withName { name in
            let clock = ManualClock()
            let source = try await TemporarySchema.open(name, clock: clock) { options in
                options.cascades = CascadePace(step: 2)
                options.cascades.goesOn = false
            }
            let root = try await source.insert([NewJob(type: "work")], scope: .default)[0]
            var later = NewJob(type: "work")
            later.after = [root.id]
            _ = try await source.insert(Array(repeating: later, count: 5), scope: .default)
            _ = try await source.cancel(.id(root.id), reason: nil, scope: .system)
            source.close()
            try await Self.withCopy(of: name) { copied in
                try await Self.copy(name, to: copied, clock)
                let copy = try await TemporarySchema.open(copied, clock: clock)
                defer { copy.close() }
                let other = try await copy.insert([NewJob(type: "work")], scope: .default)[0]
                later.after = [other.id]
                _ = try await copy.insert([later], scope: .default)
                _ = try await copy.cancel(.id(other.id), reason: nil, scope: .system)
                _ = try await copy.reap(limit: 10)
                let counts = try await copy.counts(by: .type, projectId: nil, scope: .system)["work"]
                #expect(counts?.cancelled == 8 && counts?.total == 8)
            }
        }
    }

    /// A second schema beside one that a test has: who waited for a second place at the gate could wait for ever.
    private static func withCopy(of schema: String, _ body: (String) async throws -> Void) async throws {
        let copied = schema + "_copy"
        defer {
            // What cannot be dropped goes with the server.
            try? TemporarySchema.drop(copied, on: TemporarySchema.url())
        }
        try await body(copied)
    }

    private static func expectRefusal(_ words: String, _ body: () async throws -> Void) async {
        let error = await #expect(throws: JobStoreError.self) { try await body() }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    private static func copy(_ source: String, to copied: String, _ clock: ManualClock) async throws {
        let (archive, target) = try ends(source, copied, clock)
        defer {
            archive.close()
            target.close()
        }
        try await JobCopy(archive, named: source, to: target).run()
    }

    private static func ends(
        _ source: String,
        _ copied: String,
        _ clock: ManualClock
    ) throws -> (PostgresArchive, PostgresArchiveTarget) {
        let url = try TemporarySchema.url()
        return (
            try PostgresArchive(url: url, options: .init(schema: source, clock: clock)),
            try PostgresArchiveTarget(url: url, options: .init(schema: copied, connections: 1, clock: clock))
        )
    }
}

/// The stores that a test has open.
private final class Opened: Sendable {
    private let stores = Mutex<[PostgresJobStore]>([])

    func open(_ schema: String, _ clock: ManualClock) async throws -> PostgresJobStore {
        let store = try await TemporarySchema.open(schema, clock: clock, connections: 1)
        stores.withLock { $0.append(store) }
        return store
    }

    func close() { for store in stores.withLock({ $0 }) { store.close() } }
}
#endif
