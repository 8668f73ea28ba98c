#if Server && Postgres
import Errand
import Foundation
import Testing

@Suite("errand worker and its processes", .timeLimit(.minutes(3)))
struct WorkerProcessTests {
    @Test("a worker process that is killed is started again, and its job runs again elsewhere or there")
    func killedProcess() async throws {
        let jobs = try await HoldingJobs()
        let supervisor = try jobs.worker("--processes", "2", "--concurrency", "1")
        let before = try await jobs.workers(2)
        let job = try await jobs.submit()
        let killed = try await job.started().worker
        #expect(before.contains(killed))
        kill(killed, SIGKILL)
        let again = try await job.started(apartFrom: killed).worker
        try jobs.letGo()
        #expect(await job.watching.outcome().status == 0)
        #expect(try await jobs.job(job.number)["attempt"]?.int64Value == 1)
        // The dead one is forgotten after three leases; the new one is listed beside the one that stayed.
        let after = try await jobs.workers(2)
        #expect(!after.contains(killed) && after.intersection(before).count == 1 && isAlive(again))
        supervisor.signal(SIGTERM)
        let stopped = await supervisor.outcome()
        #expect(stopped.status == 0, "\(stopped.errors)")
        #expect(stopped.errors.contains("starting it again end=\"signal 9\""), "\(stopped.errors)")
        #expect(!after.contains(where: isAlive))
    }

    @Test("SIGTERM ends the supervisor with 0, gives back what runs, and leaves no process")
    func softStop() async throws {
        let jobs = try await HoldingJobs()
        let supervisor = try jobs.worker("--processes", "2", "--grace", "1s")
        let workers = try await jobs.workers(2)
        let job = try await jobs.submit()
        let processes = try await job.started()
        supervisor.signal(SIGTERM)
        let stopped = await supervisor.outcome()
        #expect(stopped.status == 0, "\(stopped.errors)")
        #expect(!workers.contains(where: isAlive) && !isAlive(processes.program))
        let record = try await jobs.job(job.number)
        #expect(record["status"]?.stringValue == "Queued" && record["attempt"]?.int64Value == 0)
        #expect(try await jobs.workers(0).isEmpty)
        try await end(job, of: jobs)
    }

    @Test("a second signal ends the supervisor and all that it started at once")
    func hardStop() async throws {
        let jobs = try await HoldingJobs()
        let supervisor = try jobs.worker("--processes", "2", "--grace", "1h")
        let workers = try await jobs.workers(2)
        let job = try await jobs.submit()
        let processes = try await job.started()
        supervisor.signal(SIGTERM)
        supervisor.signal(SIGINT)
        let stopped = await supervisor.outcome()
        #expect([128 + SIGTERM, 128 + SIGINT].contains(stopped.status), "\(stopped.errors)")
        #expect(!workers.contains(where: isAlive))
        // Killed, or the suite's limit of time says that it was not.
        await waitForEnd(of: processes.program)
        try await end(job, of: jobs)
    }

    @Test("a supervisor that is killed leaves no process, and what ran is given back")
    func killedSupervisor() async throws {
        let jobs = try await HoldingJobs()
        let supervisor = try jobs.worker("--processes", "3")
        let workers = try await jobs.workers(3)
        let job = try await jobs.submit()
        let processes = try await job.started()
        supervisor.signal(SIGKILL)
        // Its output ends when the last process that writes to it has ended.
        let outcome = await supervisor.outcome()
        #expect(outcome.errors.contains("the supervisor is gone"), "\(outcome.errors)")
        #expect(!workers.contains(where: isAlive) && !isAlive(processes.program))
        let record = try await jobs.job(job.number)
        let isGivenBack = record["status"]?.stringValue == "Queued" && record["attempt"]?.int64Value == 0
        #expect(isGivenBack, "\(record)\n\(outcome.errors)")
        try await end(job, of: jobs)
    }

    @Test("a worker takes jobs of its queues and types only, and a wrong configuration is not tried again")
    func limits() async throws {
        let jobs = try await HoldingJobs()
        let wrong = try await jobs.worker("--processes", "2", "--types", "echo,nothing").outcome()
        #expect(wrong.status == 78, "\(wrong.errors)")
        #expect(wrong.errors.contains("--types names \"nothing\""))
        #expect(!wrong.errors.contains("starting it again"))
        let worker = try jobs.worker("--queues", "quick", "--types", "echo, hold")
        let held = try await jobs.submit()
        let echo = try await jobs.submit("echo")
        #expect(await echo.watching.outcome().status == 0)
        #expect(try await jobs.job(held.number)["status"]?.stringValue == "Queued")
        let listed = try await jobs.folder.errand("workers")
        #expect(listed.output.contains("quick") && listed.output.contains(":\(worker.pid)"))
        worker.signal(SIGTERM)
        #expect(await worker.outcome().status == 0)
        try await end(held, of: jobs)
    }

    @Test("on SQLite one process works, and the refusal of more names PostgreSQL")
    func sqlite() async throws {
        let folder = try Folder()
        let many = try await folder.errand("worker", "--processes", "2")
        #expect(many.status == 78)
        #expect(many.errors.contains("PostgreSQL"))
        let server = try await Server(in: folder, "--no-worker")
        let beside = try await folder.errand("worker")
        #expect(beside.status == 75)
        #expect(beside.errors.contains("process \(server.running.pid)"))
        #expect(try await folder.errand("workers").errors == "No workers.\n")
        _ = await server.stop()
        let worker = try Running(["worker", "--processes", "1"], in: folder)
        // Who has the file says so; a command that is refused has met the worker.
        while try await folder.errand("workers").status != 75 { try Task.checkCancellation() }
        worker.signal(SIGINT)
        #expect(await worker.outcome().status == 0)
    }

    /// Ends a job that nobody runs any more, and with it the one who watches it.
    private func end(_ job: HeldJob, of jobs: HoldingJobs) async throws {
        #expect(try await jobs.folder.errand("cancel", "\(job.number)").status == 0)
        #expect(await job.watching.outcome().status == 2)
    }
}
#endif
