#if Server
import ArgumentParser
import AsyncHTTPClient
import Errand
import ErrandSQLite
import FoundationEssentials
import Logging
import NIOCore
import NIOSSL

/// How a command finds the jobs, and how it shows them.
struct AccessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's URL, else ERRAND_SERVER; ERRAND_KEY has its API key.", valueName: "url"))
    var server: String?
    @Option(
        help: ArgumentHelp(
            "Whom to trust instead of the system's authorities: their certificates (PEM); else ERRAND_CA.",
            valueName: "file"
        )
    )
    var ca: String?
    @OptionGroup var settings: SettingsOptions
    @Flag(help: "Print JSON: one document, or one a line for lists.")
    var json = false

    /// Opens the way to the jobs, does the work, and closes it.
    ///
    /// - Parameters:
    ///   - makesStore: Whether a SQLite file that is not there is made.
    ///   - work: What to do.
    /// - Throws: What ends the command with its exit code.
    func with(makingStore makesStore: Bool = false, _ work: (any JobAccess) async throws -> Void) async throws {
        try await Failures.reported {
            switch try place(makesStore) {
            case .server(let url): try await Self.with(server: url, authorities: try authorities(), work)
            case .store(let settings): try await Self.with(store: settings, work)
            }
        }
    }

    private enum Place {
        case server(String)
        case store(Settings)
    }

    /// The server that was named, else the one that has the file, else the store itself.
    private func place(_ makesStore: Bool) throws -> Place {
        let named = server ?? ProcessInfo.processInfo.environment["ERRAND_SERVER"]
        if let named, !named.isEmpty { return .server(try Self.checked(named)) }
        var settings = try settings.read()
        if case .sqlite(let path) = settings.store {
            if let url = try Self.owner(of: path) { return .server(url) }
            if !makesStore { try Self.requireStore(path) }
        }
        settings.logLevel = .error
        // Whoever presses Ctrl-C waits for the prompt.
        settings.grace = .seconds(2)
        return .store(settings)
    }

    /// The URL of the process that has a file open; nil when nobody has.
    private static func owner(of path: String) throws -> String? {
        if let owner = SQLiteFileOwner.current(of: path) {
            guard let url = owner.url else {
                throw CommandFailure(
                    .tryLater,
                    "Process \(owner.pid) has \(path) open and serves no HTTP (yet); try again when it does, or ended."
                )
            }
            return url
        }
        return nil
    }

    private static func requireStore(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .unavailable,
                "No server runs here, and there is no store \(path). "
                    + "Start one with: errand serve; or name one with --server or --store."
            )
        }
    }

    private static func checked(_ url: String) throws -> String {
        let text = url.hasSuffix("/") ? String(url.dropLast()) : url
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw CommandFailure(.usage, "The server \"\(url)\" is no URL; expected http://HOST:PORT.")
        }
        return text
    }

    /// What servers' certificates are checked by, where that is not the system's store.
    private func authorities() throws -> TLSConfiguration? {
        let environment = ProcessInfo.processInfo.environment
        guard let path = ca ?? environment["ERRAND_CA"], !path.isEmpty else { return nil }
        let certificates: [NIOSSLCertificate]
        do { certificates = try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw CommandFailure(.noInput, "Cannot read certificates from \(path): no such file, or it is not in PEM.")
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(certificates)
        return configuration
    }

    private static func with(
        server url: String,
        authorities: TLSConfiguration?,
        _ work: (any JobAccess) async throws -> Void
    ) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = authorities
        // A stream beats every 15 seconds.
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(60))
        // A refused connection is told at once, not tried again for the whole timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        let key = ProcessInfo.processInfo.environment["ERRAND_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do { try await work(HTTPJobs(connection: HTTPConnection(client: client, server: url, key: key))) } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private static func with(store settings: Settings, _ work: (any JobAccess) async throws -> Void) async throws {
        let installation = try await Installation.open(settings, for: .command)
        defer { installation.store.close() }
        try await work(LocalJobs(installation))
    }
}

/// A job as it is typed: its number, with or without `#`, or its id.
struct JobArgument: ExpressibleByArgument {
    let reference: JobReference

    init?(argument: String) {
        let text = argument.hasPrefix("#") ? String(argument.dropFirst()) : argument
        guard let reference = JobReference(text) else { return nil }
        self.reference = reference
    }
}
#endif
