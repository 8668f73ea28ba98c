#if Postgres
import Errand
import ErrandPostgres
import ErrandTesting
import Foundation
import Testing

@Suite("How much room a schema takes", .timeLimit(.minutes(5)))
struct SizeTests {
    @Test("it grows with what is stored in this schema alone, and dead rows are counted")
    func growing() async throws {
        try await TemporarySchema.with { store, _ in
            let before = try await store.size()
            // Of random letters, as PostgreSQL packs what can be packed.
            var random = SeededRandom(seed: 4711)
            let text = String(
                (0..<200_000).map { _ in Character(Unicode.Scalar(UInt8.random(in: 35...90, using: &random))) }
            )
            let payload = try JSONText.encode(["text": text.replacing("\\", with: "/")])
            _ = try await store.insert([NewJob(type: "work", payload: payload)], scope: .default)
            let after = try await store.size()
            #expect(after.usedBytes >= before.usedBytes + 100_000)
            #expect(try #require(after.deadTuples) >= 0 && after.walBytes == nil)
            let other = try await TemporarySchema.with { other, _ in try await other.size() }
            #expect(other.usedBytes < after.usedBytes)
        }
    }
}
#endif
