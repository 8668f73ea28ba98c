#if Server
import ArgumentParser
import Errand

/// Counts jobs by status.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count jobs by status, of a project or of all."
    )

    @Option(help: "Only jobs of this project.") var project: String?
    @OptionGroup var access: AccessOptions

    private static let names = ["total", "queued", "running", "completed", "failed", "cancelled"]

    func run() async throws {
        try await access.with { jobs in
            let counts = try await counts(jobs)
            if access.json { return StandardStream.output.print(counts.json.string) }
            for name in Self.names {
                StandardStream.output.print(
                    "\(name.padded(to: 10)) \((counts.integer(name) ?? 0).grouped.aligned(right: 12))"
                )
            }
        }
    }

    private func counts(_ jobs: any JobAccess) async throws -> Document {
        if let project { return try await jobs.counts(project: project) }
        // Every job is in one queue, so the sums are over all jobs.
        let depths = try await jobs.queues().compactMap { $0.document("depth") }
        var writer = JSONWriter()
        writer.object { writer in
            for name in Self.names {
                writer.member(name, depths.reduce(Int64(0)) { $0.saturatingSum($1.integer(name) ?? 0) })
            }
        }
        return try Document(writer.text)
    }
}
#endif
