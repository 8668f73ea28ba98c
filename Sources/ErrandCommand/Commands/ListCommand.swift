#if Server
import ArgumentParser
import Errand
import FoundationEssentials

/// Lists jobs.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")

    @Option(help: "Queued, Running, Completed, Failed or Cancelled; several with commas.") var status: String?
    @Option(help: "Only jobs of this type.") var type: String?
    @Option(help: "Only jobs of this project.") var project: String?
    @Option(help: "Only jobs of this queue.") var queue: String?
    @Option(help: "How many at most.") var limit = 20
    @OptionGroup var access: AccessOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit); it must be at least 1.") }
        _ = try statuses()
    }

    private func statuses() throws -> [JobStatus] {
        try (status ?? "").split(separator: ",").map { word in
            let found = JobStatus.allCases.first { $0.rawValue.lowercased() == word.lowercased() }
            guard let found else {
                let all = JobStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--status has \"\(word)\"; expected \(all).")
            }
            return found
        }
    }

    func run() async throws {
        try await access.with { jobs in
            let request = ListRequest(
                statuses: try statuses(),
                type: type,
                project: project,
                queue: queue,
                limit: limit
            )
            let found = try await jobs.jobs(request)
            if access.json { return JSONLines.print(found.map(\.document)) }
            var table = Table([
                ("JOB", .right), ("TYPE", .left), ("STATUS", .left), ("DONE", .right), ("PROJECT", .left),
                ("CREATED", .left), ("", .left),
            ])
            let now = Date()
            for job in found { table.add(Self.cells(job, now: now)) }
            table.print(empty: "No jobs.")
        }
    }

    private static func cells(_ job: JobDocument, now: Date) -> [String?] {
        let isOpen = !job.status.isTerminal
        let substate = job.document.string("substate").flatMap { $0 == "ready" || $0 == "executing" ? nil : $0 }
        let created = job.document.date("createdAt").map { Human.age($0, now: now) }
        return [
            "\(job.number)", job.type, job.status.rawValue + (substate.map { " (\($0))" } ?? ""),
            job.status == .queued ? "" : "\(job.progress)%", job.document.string("projectId"), created,
            isOpen ? job.message ?? job.error : job.error,
        ]
    }
}

/// Lists for programs: a document on each line.
enum JSONLines {
    static func print(_ documents: [Document]) {
        for document in documents { StandardStream.output.print(document.json.onOneLine.string) }
    }
}
#endif
