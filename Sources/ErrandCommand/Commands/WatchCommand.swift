#if Server
import ArgumentParser
import Errand

/// Shows a job's progress until it ends.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show a job's progress until it ends.",
        discussion:
            "Exit codes: 0 the job was completed, 1 it failed, 2 it was cancelled, 75 nothing runs that would end it."
    )

    @Argument(help: "The job's number or id.") var job: JobArgument
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { try await Self.watch(job.reference, $0, json: access.json, mayRun: false) }
    }

    /// Follows a job and exits as it ended.
    static func watch(_ job: JobReference, _ jobs: any JobAccess, json: Bool, mayRun: Bool) async throws {
        let display = JobDisplay(json: json)
        let ended = try await jobs.follow(job, mayRun: mayRun) { display.show($0) }
        display.clear()
        if !json {
            StandardStream.output.print(JobDisplay.summary(ended))
            if ended.status == .completed { try await showResult(of: ended, jobs) }
        }
        guard ended.exitStatus == .ok else { throw ExitCode(ended.exitStatus.rawValue) }
    }

    private static func showResult(of job: JobDocument, _ jobs: any JobAccess) async throws {
        if let result = job.document["result"] { StandardStream.output.print(result.onOneLine.string) }
        let files = try await jobs.files(job.reference)
        for name in files.compactMap({ $0.string("name")?.printable }) {
            StandardStream.output.print("It made \(name): errand result \(job.number) --file \(name) > \(name)")
        }
    }
}
#endif
