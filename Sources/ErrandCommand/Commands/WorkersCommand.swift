#if Server
import ArgumentParser
import Errand
import FoundationEssentials

/// Lists the live workers.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "List the workers that live, what they run, and until when they hold it.",
        discussion: """
            A worker says that it lives every 5 seconds. One that died stays listed, with the age of its last word, \
            for about three lengths of its lease; its jobs run elsewhere after one.
            """
    )

    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            let workers = try await jobs.workers()
            if access.json { return JSONLines.print(workers) }
            var table = Table([
                ("WORKER", .left), ("NAME", .left), ("SLOTS", .right), ("RUNNING", .right), ("HOLDS", .right),
                ("LEASE ENDS", .left), ("HEARTBEAT", .left), ("QUEUES", .left),
            ])
            let now = Date()
            for worker in workers { table.add(try Self.cells(worker, now: now)) }
            table.print(empty: "No workers.")
        }
    }

    private static func cells(_ worker: Document, now: Date) throws -> [String?] {
        // The lease that ends first stands first.
        let lease = try worker["leases"]?.elements().first.map { try Document($0) }?.date("leaseExpiresAt")
        let heartbeat = worker["heartbeatAgeSeconds"]?.doubleValue.map {
            Human.time(Duration(saturatingSeconds: $0)) + " ago"
        }
        let queues = try worker["queues"]?.elements().compactMap(\.stringValue).joined(separator: ", ")
        return [
            worker.string("id"), worker.string("name"), worker.integer("slots")?.grouped,
            worker.integer("running")?.grouped, worker.integer("leaseCount")?.grouped,
            lease.map { Human.age($0, now: now) } ?? "-", heartbeat, queues ?? "all",
        ]
    }
}
#endif
