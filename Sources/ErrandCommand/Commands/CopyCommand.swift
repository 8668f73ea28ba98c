#if Server
import ArgumentParser
import Errand

/// Copies a store to another one.
struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy everything in a store to another, empty one, such as from SQLite to PostgreSQL.",
        discussion: """
            Jobs with their ids, numbers, logs and results, queues, uploads and datasets; the source is only read. \
            Stop everything that works on the source first. Run the same command again after an interruption: it \
            completes the copy, and until then the target refuses to be opened.

            Files (uploads, results) stay in their folder: give the new store the same one with --files.
            """
    )

    @Option(help: ArgumentHelp("The store to read: sqlite:PATH or postgres://USER@HOST/DATABASE.", valueName: "url"))
    var from: String
    @Option(help: ArgumentHelp("The store to fill, which must be empty or missing.", valueName: "url"))
    var to: String

    func run() async throws {
        try await Failures.reported {
            let (source, target) = (try location(from, "--from"), try location(to, "--to"))
            guard source.copyName != target.copyName else {
                throw CommandFailure(.usage, "--from and --to name the same store, \(source).")
            }
            try await copy(source, to: target)
        }
    }

    private func copy(_ source: StoreLocation, to target: StoreLocation) async throws {
        let archive = try source.archive()
        defer { archive.close() }
        let filled = try await target.archiveTarget()
        defer { filled.close() }
        var progress = CopyProgress()
        let copy = JobCopy(archive, named: source.copyName, to: filled)
        let (summary, start) = try await copy.run { progress.report($0) }
        progress.finish()
        let jobs = Human.count(summary.counts[.jobs] ?? 0, "job")
        let words =
            switch start {
            case .new: "Copied"
            case .interrupted: "Completed the copy of"
            case .finished: "Nothing left to do: copied before,"
            }
        StandardStream.output.print("\(words) \(jobs) from \(source) to \(target).")
        StandardStream.output.print(
            "Files stay where they are: serve the copy with --files \(source.filesFolder), or what the source had."
        )
    }

    private func location(_ text: String, _ flag: String) throws -> StoreLocation {
        let location: StoreLocation
        do throws(JobStoreError) { location = try StoreLocation(text) } catch {
            throw CommandFailure(.usage, "\(flag): \(error.message)")
        }
        if location.hasPassword {
            StandardStream.error.print(
                "errand: everybody on this machine can read the password in \(flag); ~/.pgpass is safer"
            )
        }
        return location
    }
}
#endif
