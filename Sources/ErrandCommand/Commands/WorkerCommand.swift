#if Server
import ArgumentParser
import Errand
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization

/// Runs jobs without serving HTTP, in this process or in several that it starts.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run jobs without serving HTTP, in one process or in several.",
        discussion: """
            Works on the store beside servers and other workers, on this machine or on others; that needs PostgreSQL, \
            as one process owns a SQLite file.

            With --processes N it starts N processes of itself and keeps them running: one that crashes or is killed \
            is started again, after a wait that grows while that goes on. SIGTERM or Ctrl-C stops all of them: running \
            jobs get the grace to end, what is left is given back unharmed. A second signal ends them at once.
            """
    )
    /// Says to a process that a supervisor started it.
    static let supervisedFlag = "--supervised"

    @OptionGroup var options: RunOptions
    @Option(help: "Take jobs of these queues only; several with commas. All by default.") var queues: String?
    @Option(help: "Take jobs of these types only; several with commas. All that are known by default.")
    var types: String?
    @Option(help: "Keep so many processes running, each with --concurrency jobs at once.") var processes: Int?
    @Flag(help: .hidden) var supervised = false

    func validate() throws {
        if let processes, !(1...1000).contains(processes) {
            throw ValidationError("--processes is \(processes); expected 1 to 1000.")
        }
        for (flag, text) in [("--queues", queues), ("--types", types)] {
            guard let text, Self.names(text).isEmpty else { continue }
            throw ValidationError("\(flag) names nothing; leave it out to take all.")
        }
    }

    func run() async throws {
        try await Failures.reported {
            let settings = try options.read()
            if let processes, !supervised {
                try await supervise(processes, settings)
            } else {
                try await work(settings)
            }
        }
    }

    private static func names(_ text: String) -> [Name] {
        text.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.filter { !$0.isEmpty }.map { Name($0) }
    }

    private func work(_ settings: Settings) async throws {
        let logger = settings.logger("errand")
        logger.noteStart(settings)
        let installation = try await Installation.open(settings, for: .serving)
        do {
            let wanted = try knownTypes(of: installation)
            try await installation.configureQueues()
            let worker = installation.worker(queues: queues.map(Self.names), types: wanted)
            let group = ServiceGroup.working(installation, worker, isSupervised: supervised, logger: logger)
            try await StopSignals(group: group, logger: logger).run()
        } catch {
            installation.store.close()
            throw error
        }
        logger.info("stopped")
    }

    private func knownTypes(of installation: Installation) throws -> [Name]? {
        guard let types = types.map(Self.names) else { return nil }
        let known = installation.handlers.names
        guard let unknown = types.first(where: { !known.contains($0) }) else { return types }
        throw CommandFailure(
            .configuration,
            "--types names \"\(unknown.text.printable)\", which this configuration does not know; it knows "
                + known.map(\.text).joined(separator: ", ") + "."
        )
    }

    private func supervise(_ count: Int, _ settings: Settings) async throws {
        guard count == 1 || settings.store.isShared else {
            throw CommandFailure(
                .configuration,
                "--processes is \(count), but one process owns a SQLite file (\(settings.store)). To run several use "
                    + "PostgreSQL, --store postgres://USER@HOST/DATABASE; or give one process a higher --concurrency."
            )
        }
        let logger = settings.logger("errand.supervisor")
        // Each has its own grace to keep; one that has not ended well after that does not obey.
        let processes = try WorkerProcesses(patience: settings.grace + .seconds(15))
        let supervisor = Supervisor(
            count: count,
            timing: .system,
            random: SharedRandom(SystemRandomNumberGenerator()),
            logger: logger,
            launch: { await processes.run() }
        )
        logger.info("supervising", metadata: ["processes": "\(count)", "store": "\(settings.store)"])
        try await run(supervisor, processes, settings, logger)
        logger.info("stopped")
    }

    private func run(
        _ supervisor: Supervisor,
        _ processes: WorkerProcesses,
        _ settings: Settings,
        _ logger: Logger
    ) async throws {
        let secondSignal = Mutex<Int32?>(nil)
        let group = ServiceGroup(services: [supervisor], logger: settings.logger("errand.lifecycle"))
        try await StopSignals(group: group, logger: logger) { signal in
            secondSignal.withLock { $0 = signal }
            processes.endAtOnce()
        }
        .run()
        if let signal = secondSignal.withLock({ $0 }) { throw ExitCode(128 + signal) }
    }
}
#endif
