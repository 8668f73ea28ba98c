#if Server
import Errand
import ErrandFiles
import Yams

/// The job types that a configuration file has.
struct ConfiguredTypes {
    /// Those that are programs.
    var commands: [CommandType] = []
    /// Those that workers elsewhere run.
    var external: [JobType] = []
}

extension SettingsFile {
    private static let keys = [
        "command", "queue", "timeout", "maxAttempts", "environment", "workingDirectory", "memoryLimit", "cpuLimit",
        "grace", "external",
    ]
    private static let externalKeys = ["external", "queue", "timeout", "maxAttempts"]
    private static let descriptionKeys = ["schema", "resultSchema", "labels"]

    /// The job types of the installation's own.
    func types() throws -> ConfiguredTypes {
        var found = ConfiguredTypes()
        for (name, node) in try mapping("types", in: root) ?? [:] {
            guard let text = name.string, (1...JobLimits.nameBytes).contains(text.utf8.count) else {
                throw error("types", at: name, "has a name that is no text of 1 to \(JobLimits.nameBytes) bytes")
            }
            let own = [BuiltInTypes.importType.name, BuiltInTypes.exportType.name, BulkJob.type.name]
            guard !own.contains(Name(text)) else {
                throw error("types.\(text)", at: name, "is a type that errand has already; choose another name")
            }
            let key = "types.\(text)"
            guard let options = node.mapping else {
                let expected = "{command: [program, argument, ...]} or {external: true}"
                throw error(key, at: name, "is \(node.shown); expected \(expected)")
            }
            if try isExternal(options, key) {
                found.external.append(try externalType(text, options, key))
            } else {
                found.commands.append(try commandType(text, name, options, key))
            }
        }
        return found
    }

    private func isExternal(_ options: Node.Mapping, _ key: String) throws -> Bool {
        try parsed("external", options, key, expected: "true or false") { Bool($0) } ?? false
    }

    private func externalType(_ name: String, _ options: Node.Mapping, _ key: String) throws -> JobType {
        try refuseOthers(than: Self.externalKeys + Self.descriptionKeys, in: options, of: key)
        var type = JobType(Name(name))
        type.queue = try scalar("queue", in: options, of: key).map { Name($0) } ?? type.queue
        type.maxAttempts = try maxAttempts(options, key) ?? type.maxAttempts
        type.timeoutSeconds = try span("timeout", options, key)?.secondsFromOne
        type.description = try description(options, key)
        return type
    }

    private func maxAttempts(_ options: Node.Mapping, _ key: String) throws -> Int? {
        try parsed("maxAttempts", options, key, expected: "a number from 1 to 1000") {
            Int($0).flatMap { (1...1000).contains($0) ? $0 : nil }
        }
    }

    private func commandType(
        _ name: String,
        _ place: Node,
        _ options: Node.Mapping,
        _ key: String
    ) throws -> CommandType {
        try refuseOthers(than: Self.keys + Self.descriptionKeys, later: ["http"], in: options, of: key)
        var type = CommandType(Name(name), command: try command(options, key, place))
        type.queue = try scalar("queue", in: options, of: key).map { Name($0) } ?? type.queue
        type.description = try description(options, key)
        type.workingDirectory = try scalar("workingDirectory", in: options, of: key)
        type.environment = try words("environment", options, key, expected: "[VARIABLE, ...]") ?? []
        type.timeout = try span("timeout", options, key)
        type.cpuLimit = try span("cpuLimit", options, key)
        type.grace = try span("grace", options, key) ?? type.grace
        type.maxAttempts = try maxAttempts(options, key) ?? type.maxAttempts
        type.memoryLimit = try parsed("memoryLimit", options, key, expected: "a size such as 512M or 2G", Self.bytes)
        return type
    }

    private func command(_ options: Node.Mapping, _ key: String, _ place: Node) throws -> [String] {
        let expected = "[program, argument, ...]"
        guard let words = try words("command", options, key, expected: expected) else {
            throw error("\(key).command", at: place, "is missing; expected \(expected)")
        }
        guard let program = words.first, !program.isEmpty else {
            throw error("\(key).command", at: options["command"], "is empty; expected \(expected)")
        }
        return words
    }

    private func words(_ name: String, _ options: Node.Mapping, _ key: String, expected: String) throws -> [String]? {
        guard let node = options[Node(name)], node.null == nil else { return nil }
        let words = node.sequence?.compactMap(\.scalar?.string) ?? []
        guard let sequence = node.sequence, words.count == sequence.count else {
            throw error("\(key).\(name)", at: node, "is \(node.shown); expected \(expected)")
        }
        return words
    }

    func span(_ name: String, _ options: Node.Mapping, _ key: String) throws -> Duration? {
        try parsed(name, options, key, expected: DurationText.expectation + ", at least 1s") { text in
            DurationText(text).flatMap { $0.duration >= .seconds(1) ? $0.duration : nil }
        }
    }

    func parsed<Value>(
        _ name: String,
        _ options: Node.Mapping,
        _ key: String,
        expected: String,
        _ parse: (String) -> Value?
    ) throws -> Value? {
        guard let text = try scalar(name, in: options, of: key) else { return nil }
        if let value = parse(text) { return value }
        throw error("\(key).\(name)", at: options[Node(name)], "is \"\(text.prefix(100))\"; expected \(expected)")
    }

    private static func bytes(_ text: String) -> Int64? {
        let factors: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let factor = text.last.flatMap { factors[$0] }
        guard let count = Int64(factor == nil ? text : String(text.dropLast())), count > 0,
            count < 1 << 30 || factor == nil
        else { return nil }
        return count * (factor ?? 1)
    }
}
#endif
