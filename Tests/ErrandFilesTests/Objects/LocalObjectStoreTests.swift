#if Files
import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

@Suite("Local object store", .timeLimit(.minutes(5)))
struct LocalObjectStoreTests {
    let folder: TemporaryFolder
    let store: LocalObjectStore

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalObjectStore(folder: folder.path)
    }

    @Test("local store:", arguments: ObjectStoreCheck.all)
    func conforms(_ check: ObjectStoreCheck) async throws { try await check.run(store) }

    @Test("objects lie under their key, and folders go with the last object in them")
    func layout() async throws {
        let key = ObjectStoreCheck.newKey(tenant: "acme")
        try await ObjectStoreCheck.put([1], to: key, in: store)
        #expect(folder.contents.contains(key))
        try await store.delete(key)
        #expect(folder.contents == [".incoming", ".link-secret"])
    }

    @Test("a failed put leaves nothing behind")
    func nothingLeft() async throws {
        try await ObjectStoreCheck.expect(.tooLarge) {
            _ = try await store.put(ObjectStoreCheck.newKey(), body: ByteChunks([1, 2]), limit: 1)
        }
        #expect(folder.contents == [".incoming", ".link-secret"])
    }

    @Test("a full disk is an error of its own and leaves nothing behind")
    func fullDisk() async throws {
        let room = Mutex(100)
        let full = try ObjectFolder(path: folder.path) { descriptor, bytes in
            let count = room.withLock { room in
                let count = min(room, bytes.count)
                room -= count
                return count
            }
            guard count > 0 else {
                errno = ENOSPC
                return -1
            }
            return Glibc.write(descriptor, bytes.baseAddress, count)
        }
        let store = try LocalObjectStore(full, clock: SystemJobClock())
        try await ObjectStoreCheck.expect(.full) {
            _ = try await store.put(
                ObjectStoreCheck.newKey(),
                body: ByteChunks([UInt8](repeating: 1, count: 1000), by: 64),
                limit: .max
            )
        }
        #expect(folder.contents == [".incoming", ".link-secret"])
        try await ObjectStoreCheck.expect(.full) { try await store.probeWrite() }
        #expect(folder.contents == [".incoming", ".link-secret"])
    }

    @Test("a probe of writes leaves nothing behind")
    func probed() async throws {
        try await store.probeWrite()
        #expect(folder.contents == [".incoming", ".link-secret"])
    }

    @Test("what a crash left unfinished is deleted at the next start, but not what another process is writing")
    func sweep() async throws {
        try folder.write("half", to: ".incoming/leftover")
        let inUse = try store.folder.makeIncoming()
        _ = try LocalObjectStore(folder: folder.path)
        #expect(folder.contents == [".incoming", ".incoming/\(inUse.name)", ".link-secret"])
    }

    @Test("puts and deletes of the same folder do not lose objects")
    func pruneRace() async throws {
        let keys = (0..<40).map { _ in ObjectStoreCheck.newKey() }
        try await withThrowingTaskGroup { group in
            for key in keys {
                group.addTask {
                    try await ObjectStoreCheck.put([1], to: key, in: store)
                    try await store.delete(key)
                    try await ObjectStoreCheck.put([2], to: key, in: store)
                }
            }
            try await group.waitForAll()
        }
        for key in keys { #expect(try await ObjectStoreCheck.read(store.get(key, range: nil)) == [2]) }
    }

    @Test(
        "a key that Errand does not make is refused",
        arguments: [
            "", "/", "..", "../x", "/etc/passwd", "tenants/../uploads/x", "tenants/t/../../x", ".link-secret",
            ".incoming/x", "tenants//uploads/0192e4a0-0000-7000-8000-000000000000",
            "tenants/./uploads/0192e4a0-0000-7000-8000-000000000000",
            "tenants/t/uploads/0192E4A0-0000-7000-8000-000000000000",
            "tenants/t/uploads/0192e4a0-0000-7000-8000-000000000000/..",
            "tenants/t\0/uploads/0192e4a0-0000-7000-8000-000000000000",
            "tenants/t%2/uploads/0192e4a0-0000-7000-8000-000000000000",
            "tenants/t/uploads/0192e4a0-0000-7000-8000-000000000000\0",
            "system/uploads/..", "tenants/t/jobs/0192e4a0-0000-7000-8000-000000000000/1/../x.csv",
            "tenants/t/jobs/0192e4a0-0000-7000-8000-000000000000/-1/01J00000000000000000000000.csv",
            "tenants/t/jobs/0192e4a0-0000-7000-8000-000000000000/1/01J00000000000000000000000.exe",
        ]
    )
    func foreignKey(_ key: String) async throws {
        try await ObjectStoreCheck.expect(.invalid) { _ = try await store.get(key, range: nil) }
        try await ObjectStoreCheck.expect(.invalid) { try await store.delete(key) }
        try await ObjectStoreCheck.expect(.invalid) { try await ObjectStoreCheck.put([1], to: key, in: store) }
        try await ObjectStoreCheck.expect(.invalid) {
            _ = try await store.link(to: key, filename: "x", for: .seconds(1))
        }
    }

    @Test("a symbolic link below the folder is not followed")
    func symbolicLink() async throws {
        let outside = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/tenants", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/tenants/t1",
            withDestinationPath: outside.path
        )
        try await ObjectStoreCheck.expect(.invalid) {
            try await ObjectStoreCheck.put([1], to: ObjectStoreCheck.newKey(), in: store)
        }
        #expect(outside.contents == [])
    }
}
#endif
