#if Server
import ArgumentParser
import Errand

/// Lists, pauses, resumes and forgets queues.
struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "List, pause, resume and forget queues.",
        subcommands: [List.self, Pause.self, Resume.self, Delete.self],
        defaultSubcommand: List.self
    )

    /// Lists queues.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the queues with what waits and runs in them.")

        @OptionGroup var access: AccessOptions

        func run() async throws {
            try await access.with { jobs in
                let queues = try await jobs.queues()
                if access.json { return JSONLines.print(queues) }
                var table = Table([
                    ("QUEUE", .left), ("QUEUED", .right), ("RUNNING", .right), ("LIMIT", .right), ("RATE", .right),
                    ("FAILED", .right), ("OLDEST", .right), ("STATE", .left),
                ])
                for queue in queues { table.add(QueuesCommand.cells(queue)) }
                table.print(empty: "No queues.")
            }
        }
    }

    /// Pauses a queue.
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start no more jobs of a queue; running ones go on.")

        @Argument(help: "The queue.") var name: String
        @Option(help: "Why, for those who wonder.") var reason: String?
        @Flag(help: "Also a queue that nothing is known of yet.") var create = false
        @OptionGroup var access: AccessOptions

        func run() async throws {
            try await access.with { jobs in
                let queue = try await jobs.pause(queue: name, reason: reason, creating: create)
                QueuesCommand.say(queue, "is paused.", json: access.json)
            }
        }
    }

    /// Resumes a queue.
    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start jobs of a queue again.")

        @Argument(help: "The queue.") var name: String
        @OptionGroup var access: AccessOptions

        func run() async throws {
            try await access.with { jobs in
                let queue = try await jobs.resume(queue: name)
                QueuesCommand.say(queue, "runs again.", json: access.json)
            }
        }
    }

    /// Forgets a queue.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget a queue without jobs, with its settings.")

        @Argument(help: "The queue.") var name: String
        @OptionGroup var access: AccessOptions

        func run() async throws {
            try await access.with { jobs in
                try await jobs.delete(queue: name)
                if !access.json { StandardStream.output.print("Queue \(name.printable) is forgotten.") }
            }
        }
    }

    private static func say(_ queue: Document, _ words: String, json: Bool) {
        let name = queue.string("name")?.printable ?? ""
        StandardStream.output.print(json ? queue.json.onOneLine.string : "Queue \(name) \(words)")
    }

    private static func cells(_ queue: Document) -> [String?] {
        let depth = queue.document("depth")
        let pause = queue.document("paused")
        let reason = pause?.string("reason").map { ": \($0)" } ?? ""
        let oldest = queue["oldestAgeSeconds"]?.doubleValue.map { Human.time(Duration(saturatingSeconds: $0)) }
        return [
            queue.string("name"), depth?.integer("queued")?.grouped, depth?.integer("running")?.grouped,
            queue.integer("concurrency")?.grouped ?? "-", rate(queue) ?? "-", depth?.integer("failed")?.grouped,
            oldest ?? "-", pause == nil ? "open" : "paused" + reason,
        ]
    }

    /// A rate limit as people say it, such as `100 per 1m`.
    private static func rate(_ queue: Document) -> String? {
        guard let limit = queue.document("rateLimit"), let count = limit.integer("count"),
            let seconds = limit["perSeconds"]?.doubleValue
        else { return nil }
        // Cut, 0.3 s would be 299 ms.
        let per = Duration.milliseconds(Int64(saturating: (seconds * 1000).rounded()))
        return "\(count.grouped) per \(DurationText.format(per))"
    }
}
#endif
