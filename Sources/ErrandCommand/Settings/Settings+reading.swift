#if Server
import Configuration
import Errand
import ErrandHTTP
import FoundationEssentials
import Logging
import Yams

extension Settings {
    /// What may be typed as a flag, by the setting it stands for.
    typealias Flags = [(key: [String], flag: String, value: String?)]

    private static let known = [
        "store", "listen", "adminPort", "auth", "tls", "behindProxy", "files", "concurrency", "grace", "lease", "log",
        "queues", "types", "limits", "quotas", "webhooks", "ready",
    ]
    private static let later = ["bullmq"]

    /// Reads all settings.
    ///
    /// - Parameters:
    ///   - path: The configuration file, if there is one.
    ///   - environment: The process's variables; those that start with `ERRAND_` count.
    ///   - flags: What was typed.
    /// - Returns: The settings.
    /// - Throws: ``SettingsError`` for a wrong or unknown key, ``CommandFailure`` for a file that cannot be read.
    static func read(file path: String?, environment: [String: String], flags: Flags = []) throws -> Settings {
        let file = try path.map { try SettingsFile(path: $0) }
        try file?.refuseOthers(than: known, later: later, in: file?.root ?? [:], of: "")
        let queues = try file?.queueNames() ?? []
        var sources = SettingsSources()
        sources.addFlags(flags)
        let variables = try SettingsEnvironment(environment, queues: queues)
        sources.add(
            EnvironmentVariablesProvider(environmentVariables: variables.values).prefixKeys(with: "errand"),
            place: { "environment \(SettingsEnvironment.variable(for: $0))" }
        )
        if let file { sources.add(InMemoryProvider(values: try file.scalars(queues)), place: file.place) }
        var settings = Settings()
        try settings.take(from: sources)
        try settings.takeQueues(Set(queues).union(variables.queues), from: sources)
        settings.tokens = try file?.tokens()
        let types = try file?.types() ?? ConfiguredTypes()
        (settings.types, settings.externalTypes) = (types.commands, types.external)
        return settings
    }

    private mutating func take(from sources: SettingsSources) throws {
        store = try sources.value(["store"], StoreLocation.init) ?? store
        if let given = try sources.value(
            ["listen"],
            expected: "HOST:PORT, such as 127.0.0.1:8080",
            { ListenAddress($0) }
        ) {
            listen = given
        }
        adminPort = try sources.value(["adminPort"], expected: "a port, 0 to 65535", Self.port)
        certificate = try Self.certificate(from: sources)
        http.access = try sources.value(["auth"], expected: "none or keys", Self.access) ?? http.access
        try http.takeLimits(from: sources)
        try http.quotas.take(from: sources)
        isBehindProxy = try sources.value(["behindProxy"], expected: "true or false") { Bool($0) } ?? isBehindProxy
        if let given = try sources.value(["files"], expected: "a folder", { $0.isEmpty ? nil : $0 }) { files = given }
        concurrency = try sources.value(["concurrency"], expected: "a number from 1 to 10000", Self.slots)
        let grace = try sources.value(["grace"], expected: DurationText.expectation) { DurationText($0) }
        self.grace = grace?.duration ?? self.grace
        lease = try sources.value(["lease"], expected: "a time span from 1s to 1h", Self.timeout) ?? lease
        outbound.allowsPrivate =
            try sources.value(["webhooks", "allowPrivate"], expected: "true or false") { Bool($0) } ?? false
        outbound.allowsHTTP =
            try sources.value(["webhooks", "allowHTTP"], expected: "true or false") { Bool($0) } ?? false
        http.requiresWrites =
            try sources.value(["ready", "requireWrites"], expected: "true or false") { Bool($0) } ?? false
        let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        logLevel =
            try sources.value(["log", "level"], expected: "one of \(levels)") { Logger.Level(rawValue: $0) } ?? logLevel
        logFormat =
            try sources.value(["log", "format"], expected: "text or json") { LineLogHandler.Format(rawValue: $0) }
            ?? logFormat
    }

    private static func port(_ text: String) -> Int? { Int(text).flatMap { (0...65535).contains($0) ? $0 : nil } }

    private static func certificate(from sources: SettingsSources) throws -> CertificateFiles? {
        let (chain, key) = (["tls", "certificate"], ["tls", "key"])
        let expected = "a file in PEM"
        let file = try sources.value(chain, expected: expected) { $0.isEmpty ? nil : $0 }
        switch (file, try sources.value(key, expected: expected, { $0.isEmpty ? nil : $0 })) {
        case (let chain?, let key?): return CertificateFiles(chain: chain, key: key)
        case (nil, nil): return nil
        case (nil, _): throw sources.missing(chain, beside: key)
        case (_, nil): throw sources.missing(key, beside: chain)
        }
    }

    private static func access(_ text: String) -> APIOptions.Access? {
        switch text {
        case "none": .loopback
        case "keys": .keys
        default: nil
        }
    }

    private mutating func takeQueues(_ names: Set<String>, from sources: SettingsSources) throws {
        for name in names {
            queueConcurrency[Name(name)] = try sources.value(
                ["queues", name, "concurrency"],
                expected: "a number from 1 to 10000",
                Self.slots
            )
            queueRateLimits[Name(name)] = try Self.rateLimit(["queues", name, "rateLimit"], from: sources)
        }
    }

    private static func rateLimit(_ key: [String], from sources: SettingsSources) throws -> RateLimit? {
        let (counts, periods) = (RateLimit.counts, RateLimit.periods)
        let count = try sources.value(
            key + ["count"],
            expected: "a number from \(counts.lowerBound) to \(counts.upperBound)"
        ) { text in Int(text).flatMap { counts.contains($0) ? $0 : nil } }
        let per = try sources.value(
            key + ["per"],
            expected: "a time span from 100ms to 1d, such as 1m"
        ) { text in DurationText(text).flatMap { periods.contains($0.duration) ? $0.duration : nil } }
        switch (count, per) {
        case (let count?, let per?): return RateLimit(count: count, per: per)
        case (nil, nil): return nil
        case (nil, _): throw sources.missing(key + ["count"], beside: key + ["per"])
        case (_, nil): throw sources.missing(key + ["per"], beside: key + ["count"])
        }
    }

    private static func slots(_ text: String) -> Int? { Int(text).flatMap { (1...10_000).contains($0) ? $0 : nil } }
}

extension SettingsSources {
    fileprivate mutating func addFlags(_ flags: Settings.Flags) {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        var names: [String: String] = [:]
        for (key, flag, value) in flags {
            guard let value else { continue }
            values[AbsoluteConfigKey(key)] = ConfigValue(.string(value), isSecret: false)
            names[key.joined(separator: ".")] = flag
        }
        add(InMemoryProvider(values: values)) { [names] in "flag \(names[$0] ?? $0)" }
    }
}
#endif
