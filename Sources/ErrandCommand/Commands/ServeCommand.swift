#if Server
import ArgumentParser
import FoundationEssentials
import Logging
import ServiceLifecycle

/// Runs the server and a worker.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server and a worker in one process.",
        discussion: """
            Prints "Listening on URL" on standard output once it answers; the log goes to standard error. SIGTERM or \
            Ctrl-C stops it: no new requests, running jobs get the grace to end, what is left is given back unharmed. \
            A second signal ends it at once.

            Every setting can stand in the configuration file, in the environment (ERRAND_STORE, \
            ERRAND_QUEUES_IMAGES_CONCURRENCY) and, where there is one, in a flag; the later wins.
            """
    )

    @OptionGroup var settings: SettingsOptions
    @Option(help: "The address to listen on; only this machine's own, there is no authentication yet.")
    var host: String?
    @Option(help: "The port to listen on; 0 picks a free one and prints it.")
    var port: Int?
    @Option(help: "How many jobs run at once; 10 for every core by default.")
    var concurrency: Int?
    @Option(help: "How long running jobs may go on after a stop was asked for; 30s by default.")
    var grace: String?
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Option(name: .customLong("log-format"), help: "text or json.")
    var logFormat: String?

    func run() async throws {
        try await Failures.reported {
            var settings = try settings.read(flags: [
                (["concurrency"], "--concurrency", concurrency.map(String.init)),
                (["grace"], "--grace", grace),
                (["log", "level"], "--log-level", logLevel),
                (["log", "format"], "--log-format", logFormat),
            ])
            settings.listen.host = host ?? settings.listen.host
            settings.listen.port = try checked(port) ?? settings.listen.port
            try await Self.serve(settings)
        }
    }

    private func checked(_ port: Int?) throws -> Int? {
        guard let port, !(0...65535).contains(port) else { return port }
        throw SettingsError(key: "port", place: "flag --port", problem: "is \(port); expected 0 to 65535")
    }

    private static func serve(_ settings: Settings) async throws {
        let logger = settings.logger("errand")
        logger.info(
            "starting",
            metadata: [
                "version": "\(Version.current)", "pid": "\(ProcessInfo.processInfo.processIdentifier)",
                "store": "\(settings.store)", "files": "\(settings.filesFolder)",
            ]
        )
        if settings.store.isShared {
            logger.notice(
                "uploads and results are in a folder of this machine; every machine that works on the store needs it",
                metadata: ["files": "\(settings.filesFolder)"]
            )
        }
        let installation = try await Installation.open(settings, for: .serving)
        do {
            try await installation.configureQueues()
            let group = try ServiceGroup.build(installation, logger: logger)
            try await StopSignals(group: group, logger: logger).run()
        } catch {
            installation.store.close()
            throw Failures.listening(on: settings.listen, error)
        }
        logger.info("stopped")
    }
}
#endif
