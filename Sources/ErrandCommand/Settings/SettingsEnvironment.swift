#if Server
/// The variables of the environment that are settings: those that start with `ERRAND_`.
struct SettingsEnvironment {
    /// The settings among the variables.
    let values: [String: String]
    /// Queues that only the environment names.
    let queues: Set<String>

    private static let prefix = "ERRAND_"
    private static let known: Set = [
        "ERRAND_STORE", "ERRAND_LISTEN", "ERRAND_FILES", "ERRAND_CONCURRENCY", "ERRAND_GRACE", "ERRAND_LEASE",
        "ERRAND_LOG_LEVEL", "ERRAND_LOG_FORMAT",
    ]
    /// Read elsewhere: by the commands that talk to a server, and by the tests.
    private static let others: Set = [
        "ERRAND_SERVER", "ERRAND_CONFIG", "ERRAND_BINARY", "ERRAND_TEST_RUN", "ERRAND_TEST_POSTGRES",
    ]

    /// Picks the settings; an `ERRAND_` variable that is none is refused, as a mistyped one would be ignored silently.
    ///
    /// - Parameters:
    ///   - environment: All variables.
    ///   - queues: The queues the file names, whose variables are recognised whatever their spelling.
    /// - Throws: ``SettingsError``.
    init(_ environment: [String: String], queues: [String]) throws {
        let given = environment.filter { $0.key.hasPrefix(Self.prefix) && !Self.others.contains($0.key) }
        let names = Dictionary(
            queues.map { (Self.variable(for: "queues.\($0).concurrency"), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var more: Set<String> = []
        for key in given.keys.sorted() where !Self.known.contains(key) && names[key] == nil {
            guard key.hasPrefix("ERRAND_QUEUES_"), key.hasSuffix("_CONCURRENCY"), key.utf8.count > 26 else {
                throw SettingsError(
                    key: key,
                    place: "environment",
                    problem: "is unknown; expected \(Self.known.sorted().joined(separator: ", ")) "
                        + "or ERRAND_QUEUES_<NAME>_CONCURRENCY"
                )
            }
            more.insert(key.dropFirst(14).dropLast(12).lowercased())
        }
        values = given
        self.queues = more
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
