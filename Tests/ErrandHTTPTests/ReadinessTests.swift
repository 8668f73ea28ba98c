#if Server
import Errand
import ErrandTesting
import Synchronization
import Testing

@testable import ErrandHTTP

@Suite("Whether the server can write", .timeLimit(.minutes(5)))
struct ReadinessTests {
    @Test("a store that is read and not written is degraded, and the server stays ready")
    func degraded() async throws {
        let api = TestAPI()
        api.store.script.withLock { $0.writeFailure = JobStoreError(.full, "secret: the disk is full") }
        let reply = try await api.get("/readyz?verbose")
        #expect(reply.status == 200)
        #expect(reply.text.contains("[!]writes degraded\n") && reply.text.hasSuffix("\nok\n"))
        #expect(!reply.text.contains("secret"))
        #expect(api.log.lines.contains { $0.contains("cannot write") })
        #expect(try await api.get("/readyz").text == "ok\n")
    }

    @Test("where writes are required it is not ready, until it can be written again")
    func required() async throws {
        let api = TestAPI { $0.requiresWrites = true }
        #expect(try await api.get("/readyz").status == 200)
        api.clock.advance(by: WriteHealth.interval)
        api.store.script.withLock { $0.writeFailure = JobStoreError(.unavailable, "read-only") }
        let reply = try await api.get("/readyz?verbose")
        #expect(reply.status == 503 && reply.text.contains("[-]writes failed\n"))
        api.store.script.withLock { $0.writeFailure = nil }
        // Nothing is probed again so soon.
        #expect(try await api.get("/readyz").status == 503)
        api.clock.advance(by: WriteHealth.interval)
        #expect(try await api.get("/readyz?verbose").text.contains("[+]writes ok\n"))
    }

    /// A place that counts how often it was asked.
    private final class Place: WriteProbing {
        let asked = Mutex(0)
        func probeWrite() async throws { asked.withLock { $0 += 1 } }
    }

    @Test("places are probed at most once in a while, each for itself")
    func seldom() async throws {
        let (store, files) = (Place(), Place())
        let health = WriteHealth([.init(name: "writes", probe: store), .init(name: "files", probe: files)])
        for second in 0..<20 {
            let found = await health.check(at: .seconds(second))
            #expect(found.map(\.name) == ["writes", "files"] && found.allSatisfy { $0.failure == nil })
        }
        #expect(store.asked.withLock(\.self) == 4 && files.asked.withLock(\.self) == 4)
    }
}
#endif
