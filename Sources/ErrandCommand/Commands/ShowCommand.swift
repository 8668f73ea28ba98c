#if Server
import ArgumentParser
import Errand
import FoundationEssentials

/// Shows one job.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show what is known of a job.")

    @Argument(help: "The job's number or id.") var job: JobArgument
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            let job = try await jobs.job(job.reference)
            if access.json { return StandardStream.output.print(job.document.json.onOneLine.string) }
            for (name, value) in Self.lines(job) {
                StandardStream.output.print("\(name.padded(to: 12))\(value)")
            }
        }
    }

    private static func lines(_ job: JobDocument) -> [(String, String)] {
        let document = job.document
        let substate = document.string("substate").map { " (\($0))" } ?? ""
        var lines = [
            ("job", job.name), ("id", job.id), ("status", job.status.rawValue + substate),
            ("progress", "\(job.progress)%" + (job.message.map { "  \($0.printable)" } ?? "")),
            ("queue", "\(document.string("queue")?.printable ?? "")  priority \(document.integer("priority") ?? 0)"),
            ("attempt", "\(document.integer("attempt") ?? 0) of \(document.integer("maxAttempts") ?? 0)"),
        ]
        for (name, key) in [
            ("project", "projectId"), ("named", "projectName"), ("created", "createdAt"), ("run at", "runAt"),
            ("started", "startedAt"), ("ended", "completedAt"), ("by", "createdBy"), ("called", "createdByName"),
            ("unique key", "uniqueKey"), ("trace", "traceparent"), ("error", "error"),
        ] {
            if let value = document.string(key) { lines.append((name, value.printable)) }
        }
        if let took = job.runDuration { lines.append(("took", Human.time(took))) }
        if let code = document.document("failure")?.string("code") { lines.append(("code", code.printable)) }
        if let seconds = document.integer("timeoutSeconds") { lines.append(("timeout", "\(seconds) s a run")) }
        if let end = document.integer("recordExpiresAt") {
            lines.append(("kept until", RFC3339.format(Date(timeIntervalSince1970: Double(end)))))
        }
        for name in ["tags", "metadata", "after", "data", "result"] {
            if let value = document[name] { lines.append((name, value.onOneLine.string)) }
        }
        return lines
    }
}
#endif
