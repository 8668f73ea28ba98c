import Errand
import ErrandTesting
import Foundation
import Testing

@testable import ErrandSQLite

@Suite("How much room a file takes", .timeLimit(.minutes(5)))
struct SizeTests {
    @Test("it grows with what is stored, and its log is the file beside it")
    func growing() async throws {
        try await TemporaryStore.with { store, _ in
            let before = try await store.size()
            let payload = try JSONText.encode(["text": String(repeating: "x", count: 200_000)])
            _ = try await store.insert([NewJob(type: "work", payload: payload)], scope: .default)
            let after = try await store.size()
            #expect(after.usedBytes >= before.usedBytes + 150_000)
            let log = try URL(filePath: "\(store.database.path)-wal").resourceValues(forKeys: [.fileSizeKey]).fileSize
            #expect(after.walBytes == log.map(Int64.init))
            #expect(try #require(after.walBytes) >= 200_000 && after.deadTuples == nil)
        }
    }
}
