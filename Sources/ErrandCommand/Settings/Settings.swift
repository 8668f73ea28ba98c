#if Server
import Errand
import ErrandFiles
import ErrandHTTP
import Logging

/// What an installation may set: defaults, under the configuration file, under the environment, under flags.
struct Settings: Sendable {
    /// Where the store is.
    var store = StoreLocation.sqlite(path: "errand.db")
    /// Where the HTTP API answers.
    var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// Who is let in, and what clients and tenants may have and do at most.
    var http = APIOptions()
    /// Which JSON Web Tokens are let in beside API keys.
    var tokens: TokenOptions?
    /// Where health and metrics answer on this machine, apart from the API; nil for the API's own port.
    var adminPort: Int?
    /// With what the server speaks TLS; nil where it does not.
    var certificate: CertificateFiles?
    /// Whether a proxy in front of the server speaks TLS, so that it may listen where others can reach it.
    var isBehindProxy = false
    /// The folder for uploads and results; the store's own when nil.
    var files: String?
    /// How many jobs run at once in this process; the worker's own default when nil.
    var concurrency: Int?
    /// How long running jobs may go on once a stop was asked for.
    var grace: Duration = .seconds(30)
    /// How long a worker's claims hold without a word from it: the time until the jobs of a dead one run elsewhere.
    var lease: Duration = .seconds(30)
    /// Where webhooks may go.
    var outbound = OutboundGuard()
    /// What is logged.
    var logLevel: Logger.Level = .info
    /// How it is logged.
    var logFormat: LineLogHandler.Format = .text
    /// How many jobs of a queue may run at once, over all workers.
    var queueConcurrency: [Name: Int] = [:]
    /// How many jobs of a queue may be claimed in a time, over all workers.
    var queueRateLimits: [Name: RateLimit] = [:]
    /// Programs as job types.
    var types: [CommandType] = []
    /// Types that workers elsewhere run.
    var externalTypes: [JobType] = []

    /// How long runs may take to stop: a program has the grace of its type, a handler the usual one.
    var stoppingTimes: StoppingTimes {
        StoppingTimes(graces: Dictionary(types.map { ($0.name, $0.grace) }) { _, last in last })
    }

    /// What protects requests on their way.
    var transport: APIOptions.Transport { certificate != nil ? .tls : isBehindProxy ? .proxy : .plain }

    /// The base URL of the API on a port.
    func url(port: Int) -> String {
        ListenAddress(host: listen.host, port: port).url(isEncrypted: certificate != nil)
    }

    /// The folder for uploads and results.
    var filesFolder: String { files ?? store.filesFolder }

    /// Refuses to listen where others can reach the server without a credential, or read what is sent.
    func refuseOpenDoor() throws {
        guard !LoopbackAccess.mayListen(on: listen.host) else { return }
        let isEncrypted = isBehindProxy || certificate != nil
        let transport = isEncrypted ? nil : "TLS (--tls-cert and --tls-key, or --behind-proxy)"
        let missing = [http.access == .keys ? nil : "--auth keys", transport].compactMap(\.self)
        guard !missing.isEmpty else { return }
        throw CommandFailure(
            .configuration,
            "Cannot listen on \(listen.host), which others can reach, without \(missing.joined(separator: " and ")): "
                + "requests need a credential, and TLS so that nobody reads it. "
                + "Name a certificate, put a proxy that speaks TLS in front, or use 127.0.0.1."
        )
    }

    /// A logger as the settings ask for.
    func logger(_ label: String) -> Logger {
        Logger(label: label) { [logFormat, logLevel] label in
            LineLogHandler(label: label, format: logFormat, level: logLevel)
        }
    }
}

/// The files with which a server speaks TLS.
struct CertificateFiles: Sendable, Equatable {
    /// The certificate and those between it and its authority, in PEM.
    var chain: String
    /// Its private key in PEM.
    var key: String
}

/// Where a server listens.
struct ListenAddress: Sendable, Equatable {
    var host: String
    /// 0 picks a free one.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `[::1]:PORT` or a port alone; nil for anything else.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else {
            guard let port = Self.port(text[...]) else { return nil }
            self.init(host: "127.0.0.1", port: port)
            return
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let port = Self.port(text[text.index(after: colon)...]), !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    private static func port(_ text: Substring) -> Int? {
        Int(text).flatMap { (0...65535).contains($0) ? $0 : nil }
    }

    /// The base URL of the API there.
    func url(isEncrypted: Bool) -> String {
        let scheme = isEncrypted ? "https" : "http"
        return host.contains(":") ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
    }
}
#endif
