#if Server
import ArgumentParser
import Errand

/// Shows a job's log.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Show a job's log.")

    @Argument(help: "The job's number or id.") var job: JobArgument
    @Flag(name: .shortAndLong, help: "Go on until the job ends.") var follow = false
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            var last = try await show(after: 0, jobs)
            guard follow else { return }
            while true {
                // The state is read first: what is logged before the end is then read after it.
                let hasEnded = try await jobs.job(job.reference).status.isTerminal
                last = try await show(after: last, jobs)
                if hasEnded { return }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    private func show(after start: Int64, _ jobs: any JobAccess) async throws -> Int64 {
        var last = start
        while true {
            let lines = try await jobs.logs(job.reference, after: last)
            guard let end = lines.last?.integer("sequence") else { return last }
            if access.json { JSONLines.print(lines) } else { for line in lines { print(line) } }
            last = end
        }
    }

    private func print(_ line: Document) {
        let level = (line.string("level") ?? "").uppercased().padded(to: 8)
        StandardStream.output.print("\(line.string("at") ?? "") \(level) \((line.string("message") ?? "").printable)")
    }
}
#endif
