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

    @OptionGroup var options: RunOptions
    @Option(help: "Who is let in: none (everybody on this machine, the default) or keys (see errand keys).")
    var auth: String?
    @Flag(
        name: .customLong("behind-proxy"),
        help: "A proxy speaks TLS in front of the server, which may then listen on any address."
    )
    var isBehindProxy = false
    @Option(
        name: .customLong("tls-cert"),
        help: ArgumentHelp(
            "Speak TLS with this certificate (PEM, with those between it and its authority).",
            valueName: "file"
        )
    )
    var certificate: String?
    @Option(name: .customLong("tls-key"), help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
    var certificateKey: String?
    @Option(help: "The address to listen on; one that others can reach needs --auth keys, and TLS or --behind-proxy.")
    var host: String?
    @Option(help: "The port to listen on; 0 picks a free one and prints it.")
    var port: Int?
    @Option(
        name: .customLong("admin-port"),
        help: "Serve /metrics and health on this port of 127.0.0.1, and /metrics on no other."
    )
    var adminPort: Int?
    @Flag(name: .customLong("no-worker"), help: "Serve HTTP only; jobs are for errand worker to run.")
    var servesOnly = false

    func run() async throws {
        try await Failures.reported {
            var settings = try options.read(more: [
                (["auth"], "--auth", auth), (["behindProxy"], "--behind-proxy", isBehindProxy ? "true" : nil),
                (["tls", "certificate"], "--tls-cert", certificate), (["tls", "key"], "--tls-key", certificateKey),
                (["adminPort"], "--admin-port", adminPort.map(String.init)),
            ])
            settings.listen.host = host ?? settings.listen.host
            settings.listen.port = try checked(port) ?? settings.listen.port
            try settings.refuseOpenDoor()
            try await serve(settings)
        }
    }

    private func checked(_ port: Int?) throws -> Int? {
        guard let port, !(0...65535).contains(port) else { return port }
        throw SettingsError(key: "port", place: "flag --port", problem: "is \(port); expected 0 to 65535")
    }

    private func serve(_ settings: Settings) async throws {
        let logger = settings.logger("errand")
        OpenFiles.allowAll()
        logger.noteStart(settings)
        let installation = try await Installation.open(settings, for: .serving)
        do {
            try await installation.configureQueues()
            let group = try await ServiceGroup.serving(installation, withWorker: !servesOnly, logger: logger)
            try await StopSignals(group: group, logger: logger).run()
        } catch {
            installation.store.close()
            throw error
        }
        logger.info("stopped")
    }
}

extension Logger {
    /// Says what starts, and on what.
    func noteStart(_ settings: Settings) {
        info(
            "starting",
            metadata: [
                "version": "\(Version.current)", "pid": "\(ProcessInfo.processInfo.processIdentifier)",
                "store": "\(settings.store)", "files": "\(settings.filesFolder)",
            ]
        )
        guard settings.store.isShared else { return }
        notice(
            "uploads and results are in a folder of this machine; every machine that works on the store needs it",
            metadata: ["files": "\(settings.filesFolder)"]
        )
    }
}
#endif
