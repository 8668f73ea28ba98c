#if Server
import Foundation
import Testing

@Suite("Workers that an operator stops", .timeLimit(.minutes(5)))
struct OrderingTests {
    /// Stops the only worker of a server, and waits until there is none.
    private static func stopWorker(of server: Server, in folder: Folder) async throws -> Outcome {
        let script = """
            workers() { curl -sS --fail \(server.url)/api/workers; }
            until id=$(workers | grep -o '"id":"worker-[^"]*"' | head -1 | cut -d '"' -f 4) && [ -n "$id" ]
            do sleep 0.1; done
            curl -sS --fail -X POST "\(server.url)/api/workers/$id/stop"
            until [ "$(workers)" = "[]" ]; do sleep 0.1; done
            """
        return try await Running(["-euc", script], executable: "/bin/sh", in: folder).outcome()
    }

    @Test("the worker within a server ends, and the server goes on")
    func serving() async throws {
        let folder = try Folder()
        let server = try await Server(in: folder)
        let asked = try await Self.stopWorker(of: server, in: folder)
        #expect(asked.status == 0 && asked.output.contains(#""wanted":"stop""#), "\(asked.errors)")
        #expect(try await folder.errand("queues", "--server", server.url).status == 0)
        let stopped = await server.stop()
        #expect(stopped.status == 0)
        #expect(stopped.errors.contains("the server goes on without one"), "\(stopped.errors)")
    }

    #if Postgres
    @Test("a worker of its own ends its process, as after SIGTERM")
    func worker() async throws {
        let folder = try Folder(.postgres)
        let server = try await Server(in: folder, "--no-worker")
        let worker = try Running(["worker"], in: folder)
        let asked = try await Self.stopWorker(of: server, in: folder)
        #expect(asked.status == 0, "\(asked.errors)")
        let ended = await worker.outcome()
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.errors.contains("An operator wants this worker to stop"), "\(ended.errors)")
        #expect(await server.stop().status == 0)
    }
    #endif
}
#endif
