#if Server
import ArgumentParser
import Errand

/// Cancels a job.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a waiting or running job, at once and finally."
    )

    @Argument(help: "The job's number or id.") var job: JobArgument
    @Option(help: "Why, for its user.") var reason: String?
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            let job = try await jobs.cancel(job.reference, reason: reason)
            StandardStream.output.print(
                access.json ? job.document.json.onOneLine.string : JobDisplay.summary(job)
            )
        }
    }
}

/// Gives a job a new life.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Queue a failed or cancelled job again."
    )

    @Argument(help: "The job's number or id.") var job: JobArgument
    @Flag(help: "Show its progress until it ends; the exit code then says how.") var watch = false
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            let job = try await jobs.retry(job.reference)
            guard !watch else {
                return try await WatchCommand.watch(job.reference, jobs, json: access.json, mayRun: true)
            }
            StandardStream.output.print(
                access.json ? job.document.json.onOneLine.string : "\(job.name) is queued again."
            )
        }
    }
}

/// Prints a job's result.
struct ResultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "result",
        abstract: "Print a job's result, or a file it made.",
        discussion: """
            A result that is a file is written as it is. Exit codes: 1 the job failed, 2 it was cancelled, 75 it has \
            not ended.
            """
    )

    @Argument(help: "The job's number or id.") var job: JobArgument
    @Option(help: "A file the job made, such as errors.csv.") var file: String?
    @Option(name: .shortAndLong, help: "Where to write it; standard output by default.") var output: String?
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            if let file { return try await download(file, jobs) }
            let job = try await jobs.job(job.reference)
            guard job.status == .completed else {
                throw CommandFailure(job.exitStatus, "There is no result: " + JobDisplay.summary(job))
            }
            guard let result = try await jobs.result(self.job.reference) else { return try await download(nil, jobs) }
            let sink = try FileSink(path: output)
            try sink.write(Array((result.string + "\n").utf8))
            try sink.finish()
        }
    }

    private func download(_ name: String?, _ jobs: any JobAccess) async throws {
        let sink = try FileSink(path: output)
        try await jobs.download(name, of: job.reference, to: sink)
        try sink.finish()
    }
}
#endif
