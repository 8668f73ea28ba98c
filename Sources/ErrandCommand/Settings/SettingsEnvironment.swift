#if Server
/// The variables of the environment that are settings: those that start with `ERRAND_`.
struct SettingsEnvironment {
    /// The settings among the variables.
    let values: [String: String]
    /// Queues that only the environment names.
    let queues: Set<String>

    private static let prefix = "ERRAND_"
    private static let known: Set = {
        let single = [
            "store", "listen", "adminPort", "auth", "behindProxy", "files", "concurrency", "grace", "lease",
        ]
        let members = Settings.sections.flatMap { section, names in names.map { "\(section).\($0)" } }
        return Set((single + members).map(variable))
    }()
    /// A queue's settings, and the ends of their variables.
    private static let ofQueues = [
        ("concurrency", "_CONCURRENCY"), ("rateLimit.count", "_RATE_LIMIT_COUNT"), ("rateLimit.per", "_RATE_LIMIT_PER"),
    ]
    /// Read elsewhere: by the commands that talk to a server, and by the tests.
    private static let others: Set = [
        "ERRAND_SERVER", "ERRAND_KEY", "ERRAND_CA", "ERRAND_CONFIG", "ERRAND_BINARY", "ERRAND_TEST_RUN",
        "ERRAND_TEST_POSTGRES",
    ]

    /// Picks the settings; an `ERRAND_` variable that is none is refused, as a mistyped one would be ignored silently.
    ///
    /// - Parameters:
    ///   - environment: All variables.
    ///   - queues: The queues the file names, whose variables are recognised whatever their spelling.
    /// - Throws: ``SettingsError``.
    init(_ environment: [String: String], queues: [String]) throws {
        let given = environment.filter { $0.key.hasPrefix(Self.prefix) && !Self.others.contains($0.key) }
        let names = Set(
            queues.flatMap { queue in Self.ofQueues.map { Self.variable(for: "queues.\(queue).\($0.0)") } }
        )
        var more: Set<String> = []
        for key in given.keys.sorted() where !Self.known.contains(key) && !names.contains(key) {
            guard let queue = Self.queue(in: key) else {
                throw SettingsError(
                    key: key,
                    place: "environment",
                    problem: "is unknown; expected \(Self.known.sorted().joined(separator: ", ")) "
                        + "or ERRAND_QUEUES_<NAME> with \(Self.ofQueues.map(\.1).joined(separator: ", "))"
                )
            }
            more.insert(queue)
        }
        values = given
        self.queues = more
    }

    /// The queue that only a variable names; nil when it is no queue's setting.
    private static func queue(in variable: String) -> String? {
        let prefix = "ERRAND_QUEUES_"
        guard variable.hasPrefix(prefix), let (_, end) = ofQueues.first(where: { variable.hasSuffix($0.1) }) else {
            return nil
        }
        let name = variable.dropFirst(prefix.utf8.count).dropLast(end.utf8.count)
        return name.isEmpty ? nil : name.lowercased()
    }

    /// The variable for a setting: `queues.images.concurrency` is `ERRAND_QUEUES_IMAGES_CONCURRENCY`.
    static func variable(for key: String) -> String {
        var words = ""
        for character in key {
            // The same boundaries as swift-configuration finds: `logLevel` is `LOG_LEVEL`.
            if character.isUppercase, words.last?.isLowercase == true { words.append("_") }
            words.append(character.isLetter || character.isNumber ? character : "_")
        }
        return prefix + words.uppercased()
    }
}
#endif
