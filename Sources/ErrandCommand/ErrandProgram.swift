#if Server
import ArgumentParser

/// The command that people type: `errand`.
@main
struct ErrandProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errand",
        abstract: "Durable jobs: a server, a worker and a command line in one.",
        discussion: """
            Commands talk to a running server: the one given with --server or ERRAND_SERVER, else the one that owns \
            the SQLite file. When no server runs, and on PostgreSQL, they open the store themselves.

            Exit codes: \(ExitStatus.help)
            """,
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(name: "Server", subcommands: [ServeCommand.self, WorkerCommand.self]),
            CommandGroup(
                name: "Job",
                subcommands: [
                    SubmitCommand.self, WatchCommand.self, ListCommand.self, ShowCommand.self, LogsCommand.self,
                    ResultCommand.self, CancelCommand.self, RetryCommand.self,
                ]
            ),
            CommandGroup(name: "Data", subcommands: [ImportCommand.self, ExportCommand.self, DatasetsCommand.self]),
            CommandGroup(
                name: "Operating",
                subcommands: [
                    StatsCommand.self, QueuesCommand.self, WorkersCommand.self, KeysCommand.self, MigrateCommand.self,
                    CopyCommand.self,
                    DoctorCommand.self,
                    BenchCommand.self,
                    VersionCommand.self,
                ]
            ),
        ]
    )
}
#else
// exit, with the status that says that something is not there.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@main
struct ErrandProgram {
    static func main() {
        print("This errand was built without the trait Server, which holds all of its commands.")
        exit(69)
    }
}
#endif
