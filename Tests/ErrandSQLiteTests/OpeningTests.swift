import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import GRDB
import Testing

@Suite("Opening a SQLite file", .timeLimit(.minutes(5)))
struct OpeningTests {
    @Test("a second opening of a file is refused with the owner's process id, and leaves the owner alone")
    func second() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let store = try await TemporaryStore.open(path, clock: ManualClock())
            defer { store.close() }
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await TemporaryStore.open(path, clock: ManualClock())
            }
            #expect(error?.code == .inUse)
            #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
            #expect(SQLiteFileOwner.current(of: path)?.pid == ProcessInfo.processInfo.processIdentifier)
            #expect(try await store.submitted().count == 1)
        }
    }

    @Test("a file whose owner has closed it belongs to nobody")
    func closed() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            var store = try await TemporaryStore.open(path, clock: ManualClock())
            let ids = try await store.submitted(3)
            store.close()
            #expect(SQLiteFileOwner.current(of: path) == nil)
            store = try await TemporaryStore.open(path, clock: ManualClock())
            defer { store.close() }
            #expect(try await store.read(ids[2]).status == .queued)
        }
    }

    @Test("the file of a closed store is all there is to it: a copy of it has everything")
    func oneFile() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let copy = folder.appending(path: "copy.db").path()
            var store = try await TemporaryStore.open(path, clock: ManualClock())
            let ids = try await store.submitted(3)
            for id in ids { _ = try await store.read(id) }
            store.close()
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            store = try await TemporaryStore.open(copy, clock: ManualClock())
            defer { store.close() }
            #expect(try await store.total() == 3)
        }
    }

    @Test("the runs of the process before are taken back at once and uncharged; those over HTTP keep one full lease")
    func orphans() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            var store = try await TemporaryStore.open(path, clock: ManualClock())
            let (orphan, remote) = (try await store.submitted()[0], try await store.submitted()[0])
            #expect(try await store.claimed().map(\.lease.id) == [orphan])
            let lease = try #require(try await store.claimed(kind: .session).first).lease
            store.close()

            let clock = ManualClock()
            store = try await TemporaryStore.open(path, clock: clock)
            defer { store.close() }
            let job = try await store.read(orphan)
            #expect(job.status == .queued && job.lostCount == 1 && job.attempt == 0 && job.fence == 2)
            #expect(job.errors.map(\.outcome) == [.lost])
            let again = try #require(try await store.claimed().first)
            #expect(again.lease.id == orphan && again.attempt == 1 && again.lease.fence == 3)

            clock.advance(by: .milliseconds(29_999))
            #expect(try await store.reap(limit: 10) == 0)
            #expect(try await store.read(remote).status == .running)
            #expect(try await store.renew([lease], for: .seconds(1)) == [.renewed])
            clock.advance(by: .seconds(1))
            #expect(try await store.reap(limit: 10) == 2)
            #expect(try await store.read(remote).status == .queued)
        }
    }

    @Test("runs that were stopping in the process before have stopped; those over HTTP may go on for one lease")
    func stopping() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            var store = try await TemporaryStore.open(path, clock: ManualClock())
            var keyed = NewJob(type: "work")
            keyed.uniqueKey = "own"
            var ids = try await store.insert([keyed], scope: .default).map(\.id)
            _ = try await store.claimed()
            keyed.uniqueKey = "remote"
            ids += try await store.insert([keyed], scope: .default).map(\.id)
            let lease = try #require(try await store.claimed(kind: .session).first).lease
            for id in ids { _ = try await store.cancel(.id(id), reason: nil, scope: .default) }
            _ = try await store.retry(.id(ids[0]), runAt: nil, scope: .default)
            store.close()

            let clock = ManualClock()
            store = try await TemporaryStore.open(path, clock: clock)
            defer { store.close() }
            #expect(try await store.claimed().map(\.lease.id) == [ids[0]])
            #expect(try await store.renew([lease], for: .seconds(30)) == [.cancelled])
            await #expect(throws: JobStoreError.self) { _ = try await store.insert([keyed], scope: .default) }
            clock.advance(by: .milliseconds(29_999))
            await #expect(throws: JobStoreError.self) { _ = try await store.insert([keyed], scope: .default) }
            clock.advance(by: .milliseconds(1))
            #expect(try await store.insert([keyed], scope: .default).map(\.outcome) == [.inserted])
        }
    }

    @Test("three openings in a row that find a job running end it as a poison pill")
    func poison() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            var ids: [JobID] = []
            for round in 0..<4 {
                let store = try await TemporaryStore.open(path, clock: ManualClock())
                defer { store.close() }
                if round == 0 { ids = try await store.submitted() }
                #expect(try await store.read(ids[0]).lostCount == round)
                #expect(try await store.claimed().count == (round < 3 ? 1 : 0))
                guard round == 3 else { continue }
                let job = try await store.read(ids[0])
                #expect(job.status == .failed && job.failure?.code == JobFailure.Code.poisonPill)
                #expect(job.attempt == 0 && job.errors.map(\.outcome) == [.lost, .lost, .lost])
            }
        }
    }

    @Test("a file of a newer version is refused politely and stays as it is")
    func newer() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let store = try await TemporaryStore.open(path, clock: ManualClock())
            _ = try await store.submitted()
            store.close()
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('V999_future')") }
            try queue.close()
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await TemporaryStore.open(path, clock: ManualClock())
            }
            #expect(error?.code == .schemaTooNew && error?.message.contains("newer version") == true)
            #expect(SQLiteFileOwner.current(of: path) == nil)
        }
    }

    @Test(
        "what is no database is refused as corrupt",
        arguments: ["This is a text and not a database.\n", "SQLite format 3\0 and then something else. "]
    )
    func noDatabase(_ text: String) async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let content = Data(String(repeating: text, count: 200).utf8)
            try content.write(to: URL(filePath: path))
            let code = try await errorCode { _ = try await TemporaryStore.open(path, clock: ManualClock()) }
            #expect(code == .corrupt)
            #expect(try Data(contentsOf: URL(filePath: path)) == content)
        }
    }

    @Test("a folder that is not there is named in the error")
    func noFolder() async throws {
        let error = await #expect(throws: JobStoreError.self) {
            _ = try await TemporaryStore.open("/nowhere/errand.db", clock: ManualClock())
        }
        #expect(error?.code == .unavailable && error?.message.contains("/nowhere/errand.db") == true)
    }
}
