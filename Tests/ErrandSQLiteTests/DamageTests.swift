import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import Testing

@Suite("A damaged SQLite file", .timeLimit(.minutes(5)))
struct DamageTests {
    private static let pageSize = 4096

    @Test("whichever page is overwritten, what needs it is refused as corrupt and nothing else happens")
    func pages() async throws {
        try await TemporaryStore.withFolder { folder in
            let whole = folder.appending(path: "whole.db").path()
            let ids = try await Self.fill(whole)
            let content = try Data(contentsOf: URL(filePath: whole))
            var refused = 0
            for page in 1..<content.count / Self.pageSize {
                let path = folder.appending(path: "\(page).db").path()
                var damaged = content
                let start = page * Self.pageSize
                damaged.replaceSubrange(
                    start..<start + Self.pageSize,
                    with: Data(repeating: 0xA5, count: Self.pageSize)
                )
                try damaged.write(to: URL(filePath: path))
                let code = try await errorCode { try await Self.use(path, ids) }
                #expect(code == nil || code == .corrupt, "page \(page)")
                refused += code == .corrupt ? 1 : 0
            }
            #expect(refused > 5)
        }
    }

    private static func fill(_ path: String) async throws -> [JobID] {
        let store = try await TemporaryStore.open(path, clock: ManualClock())
        defer { store.close() }
        let ids = try await store.submitted(60) { $0.payload = JSONText(trusted: #"{"a":"\#($0.type)"}"#) }
        for job in try await store.claimed(20) {
            _ = try await store.settle([Settlement(lease: job.lease, outcome: .complete(JobResult(.emptyObject)))])
        }
        return ids
    }

    /// Reads every job, and takes one through its life.
    private static func use(_ path: String, _ ids: [JobID]) async throws {
        let store = try await TemporaryStore.open(path, clock: ManualClock())
        defer { store.close() }
        for id in ids { _ = try await store.read(id) }
        _ = try await store.submitted()
        let leases = try await store.claimed(50).map(\.lease)
        _ = try await store.settle(leases.map { Settlement(lease: $0, outcome: .complete(JobResult(.emptyObject))) })
        _ = try await store.jobs(JobFilter(), page: PageRequest(limit: 200), scope: .system)
        _ = try await store.queues(scope: .system)
    }
}
