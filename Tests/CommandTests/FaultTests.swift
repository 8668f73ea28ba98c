#if Server
import Foundation
import Testing

/// Drives the real server into the ground; the drivers, and what they check, are in `Scripts/faults`.
@Suite("The server under faults", .serialized, .timeLimit(.minutes(10)))
struct FaultTests {
    @Test("whatever moment it is killed at, no job is lost and nothing is done twice under one fence")
    func killLoop() async throws {
        // Thirty kills are for the evening; KILLS, JOBS and SEED make it as long, or as it was, as one likes.
        try await drive("kill_loop.py", asked(["KILLS": "10", "JOBS": "80"]))
    }

    @Test("SIGTERM under load ends with 0 and charges nobody; a second one ends it at once with its programs")
    func stops() async throws { try await drive("stop.py") }

    @Test("every submit that is acknowledged was forced to the disk before")
    func syncs() async throws { try await drive("sync_count.py") }

    @Test("two thousand clients watch jobs on a busy server, and none misses the end")
    func streams() async throws { try await drive("streams.py") }

    @Test("slow, greedy and hostile clients are let go, and others are answered meanwhile")
    func hostileClients() async throws { try await drive("hostile_clients.py", asked(["CLIENTS": "100"])) }

    #if Postgres
    @Test("workers on PostgreSQL that are killed, and that sleep beyond their lease, lose and double nothing")
    func killedWorkers() async throws {
        try await drive("kill_workers.py", asked(["JOBS": "1000", "SECONDS": "12"]))
    }

    @Test("while PostgreSQL crashes again and again answers are 503 with Retry-After, and nothing is lost")
    func outages() async throws { try await drive("outages.py", asked(["OUTAGES": "3"])) }

    @Test("a tenant's flood does not hold up another on either store, and a queue's limit holds over processes")
    func fairness() async throws { try await drive("fairness.py", asked(["FLOOD": "10000", "ROUNDS": "1"])) }

    @Test("a Python program's job exists exactly when its transaction was committed")
    func transactionalSubmit() async throws { try await drive("transactional_submit.py") }
    #endif

    @Test("deliveries of servers that are killed all arrive, and the reference verifier accepts no altered one")
    func webhooks() async throws {
        #if Postgres
        let stores = "sqlite,postgres"
        #else
        let stores = "sqlite"
        #endif
        try await drive("webhooks.py", asked(["KILLS": "3", "JOBS": "40", "STORES": stores]))
    }

    /// The environment's own wishes before a short run's.
    private func asked(_ short: [String: String]) -> [String: String] {
        let environment = ProcessInfo.processInfo.environment
        return short.reduce(into: [:]) { $0[$1.key] = environment[$1.key] ?? $1.value }
    }

    private func drive(_ script: String, _ more: [String: String] = [:]) async throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].map { ["SEED": $0] } ?? [:]
        // `make faults` holds us to the seconds that are promised; here other tests want the same machine.
        let environment = more.merging(seed) { old, _ in old }.merging(["PATIENCE": "10"]) { old, _ in old }
        try await DrivenScript(path: "Scripts/faults/\(script)", environment: environment).run()
    }
}
#endif
