#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ErrandHTTP

/// Claims that wait for a job.
@Suite("Claims that wait", .timeLimit(.minutes(5)))
struct ClaimWaitTests {
    /// A worker whose waits end when the clock is moved.
    private let worker = TestWorker(
        TestAPI { options in
            guard let clock = options.clock as? ManualClock else { return }
            options.sleep = { try await clock.sleep(until: clock.steadyNow.advanced(by: $0)) }
        }
    )
    private var api: TestAPI { worker.api }
    private static let job = JobIDGenerator().next(at: Date(timeIntervalSince1970: 1_767_225_600))

    /// Claims over a socket, as only a connection that is open is given jobs it has waited for.
    ///
    /// - Parameters:
    ///   - sleepers: How many waits there are once the claim waits.
    ///   - change: What happens then.
    /// - Returns: The answer.
    /// - Throws: What the change throws, and what the connection throws.
    private func answer(
        sleepers: Int = 1,
        to change: @escaping @Sendable (_ shutdown: @Sendable () async -> Void) async throws -> Void
    ) async throws -> String {
        let body = "{\"workerId\":\"\(try await worker.session())\",\"waitSeconds\":20}"
        let answers = Mutex("")
        try await withServer(api) { port, shutdown in
            try await RawConnection.with(port: port) { client in
                let fields = ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
                try await client.request("POST /api/worker/claim", fields + ["Connection: close"])
                try await client.send(body)
                await api.clock.sleepers(atLeast: sleepers)
                try await change(shutdown)
                let answer = try await client.readToEnd()
                answers.withLock { $0 = answer }
            }
        }
        return answers.withLock(\.self)
    }

    @Test("a claim that waits is answered with the job as soon as there is one")
    func submitted() async throws {
        let answer = try await answer { _ in _ = try await api.submit { $0.id = Self.job } }
        #expect(answer.contains("\(Self.job)"))
    }

    @Test("a claim that has waited in vain is empty, and what comes later waits for the next")
    func inVain() async throws {
        let id = try await worker.session()
        async let claim = worker.claim(id, #","waitSeconds":20"#)
        await api.clock.sleepers(atLeast: 1)
        api.clock.advance(by: .seconds(20))
        #expect(try await claim.isEmpty)
        _ = try await api.submit()
        #expect(try await worker.claim(id).count == 1)
    }

    @Test("a job that falls due while a claim waits is claimed then")
    func due() async throws {
        let job = try await api.submit { $0.delaySeconds = 5 }
        // The end of the wait, and the job's time.
        let answer = try await answer(sleepers: 2) { _ in api.clock.advance(by: .seconds(5)) }
        #expect(answer.contains("\(job)"))
        // Counted from when the claim was sent, the lease ends when it does.
        #expect(answer.contains("\"expiresIn\":35"))
    }

    @Test("jobs that are for others do not end the wait")
    func others() async throws {
        let answer = try await answer { _ in
            _ = try await api.submit("Export")
            _ = try await api.memory.insert([NewJob(type: "Import", queue: "import")], scope: .tenant("b"))
            _ = try await api.submit { $0.id = Self.job }
        }
        #expect(answer.contains("\(Self.job)"))
    }

    @Test("a server that stops ends the waits")
    func stopping() async throws {
        let answer = try await answer { shutdown in await shutdown() }
        #expect(answer.hasPrefix("HTTP/1.1 204"))
    }

    @Test("a worker that closes its side while it waits is given nothing any more", arguments: [1, 3])
    func hangUp(_ claims: Int) async throws {
        let id = try await worker.session()
        let body = "{\"workerId\":\"\(id)\",\"waitSeconds\":20}"
        try await withServer(api) { port, _ in
            for _ in 0..<claims {
                try await RawConnection.with(port: port) { client in
                    let fields = ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
                    try await client.request("POST /api/worker/claim", fields)
                    try await client.send(body)
                    await api.clock.sleepers(atLeast: 1)
                    try await client.finish()
                    // The wait ends with its connection, and not by the clock.
                    #expect(try await client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 204"))
                }
            }
        }
        let job = try await api.submit()
        let found = try await api.memory.job(.id(job), scope: .default)
        #expect(found.status == .queued && found.errors.isEmpty)
    }

    @Test("what is claimed for a worker that has gone is given back uncharged")
    func gone() async throws {
        let channel = NIOAsyncTestingChannel()
        let claim = ClaimRequest(worker: "w", types: ["Import"], limit: 2, lease: .seconds(30))
        let wait = ClaimWait(services: api.api.services, claim: claim)
        async let claimed = wait.jobs(for: .seconds(20), on: channel)
        await api.clock.sleepers(atLeast: 1)
        try await channel.close()
        let id = try await api.submit()
        #expect(try await claimed.isEmpty)
        let job = try await api.memory.job(.id(id), scope: .default)
        #expect(job.status == .queued && job.attempt == 0 && job.errors.map(\.outcome) == [.released])
    }
}
#endif
