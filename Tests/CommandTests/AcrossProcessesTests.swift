#if Server && Postgres
import Errand
import Foundation
import Testing

/// A server that serves only, and a worker in another process: what the one is told reaches the other at once.
@Suite("A server and a worker in two processes", .timeLimit(.minutes(3)))
struct AcrossProcessesTests {
    @Test("progress comes out of the server's stream, and a cancel through it ends the worker's program in a second")
    func cancel() async throws {
        let jobs = try await HoldingJobs()
        let server = try await Server(in: jobs.folder, "--no-worker", "--config", "errand.yaml")
        let worker = try jobs.worker()
        let job = try await jobs.submit("hold", "--server", server.url)
        // What is watched through a server is its stream of events.
        let processes = try await job.started()
        #expect(processes.worker == worker.pid)
        let cancelled = try await jobs.folder.errand("cancel", "\(job.number)", "--server", server.url)
        #expect(cancelled.status == 0, "\(cancelled.errors)")
        let start = ContinuousClock.now
        while isAlive(processes.program) {
            try Task.checkCancellation()
            await Task.yield()
        }
        print("a program was ended \(start.duration(to: .now)) after its job was cancelled elsewhere")
        #expect(await job.watching.outcome().status == 2)
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
        #expect(await server.stop().status == 0)
    }

    @Test("a queue that is paused and resumed through the server stands still and goes on in the worker")
    func pause() async throws {
        let jobs = try await HoldingJobs()
        let server = try await Server(in: jobs.folder, "--no-worker", "--config", "errand.yaml")
        let worker = try jobs.worker()
        #expect(try await jobs.workers(1) == [worker.pid])
        let question = ["curl", "-s", "\(server.url)/readyz?verbose"]
        let readiness = try Running(question, executable: "/usr/bin/env", in: jobs.folder)
        #expect(await readiness.outcome().output.contains("]notify "))
        #expect(try await jobs.folder.errand("queues", "pause", "quick", "--server", server.url).status == 0)
        let job = try await jobs.submit("echo", "--server", server.url)
        #expect(try await jobs.folder.errand("show", "\(job.number)").output.contains("Queued (paused)"))
        #expect(try await jobs.folder.errand("queues", "resume", "quick", "--server", server.url).status == 0)
        let start = ContinuousClock.now
        #expect(await job.watching.outcome().status == 0)
        // Without word from the server, the worker would look again after 5 seconds; a busy machine may take as long.
        print("a job had ended \(start.duration(to: .now)) after its queue was resumed elsewhere")
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
        #expect(await server.stop().status == 0)
    }
}
#endif
