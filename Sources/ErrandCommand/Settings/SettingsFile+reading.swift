#if Server
import Configuration
import Errand
import Yams

extension SettingsFile {
    /// The names of the queues it configures.
    func queueNames() throws -> [String] {
        guard let queues = try mapping("queues", in: root) else { return [] }
        return try queues.map { name, _ in
            guard let text = name.string, (1...JobLimits.nameBytes).contains(text.utf8.count) else {
                throw error("queues", at: name, "has a name that is no text of 1 to \(JobLimits.nameBytes) bytes")
            }
            return text
        }
    }

    /// All single values, by key.
    func scalars(_ queues: [String]) throws -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        func take(_ key: [String], _ parent: Node.Mapping) throws {
            let above = key.dropLast().joined(separator: ".")
            guard let name = key.last, let text = try scalar(name, in: parent, of: above) else { return }
            values[AbsoluteConfigKey(key)] = ConfigValue(.string(text), isSecret: false)
        }
        for name in ["store", "listen", "files", "concurrency", "grace"] { try take([name], root) }
        if let log = try mapping("log", in: root) {
            try refuseOthers(than: ["level", "format"], in: log, of: "log")
            for name in ["level", "format"] { try take(["log", name], log) }
        }
        let all = try mapping("queues", in: root) ?? [:]
        for queue in queues {
            guard let options = try mapping(queue, in: all, of: "queues") else { continue }
            try refuseOthers(than: ["concurrency"], in: options, of: "queues.\(queue)")
            try take(["queues", queue, "concurrency"], options)
        }
        return values
    }

    /// The file and line of a value.
    func place(_ key: String) -> String {
        var node: Node? = .mapping(root)
        var rest = key[...]
        while let mapping = node?.mapping, !rest.isEmpty {
            // A queue's name may have dots in it: take the longest member that fits.
            guard
                let (name, value) = mapping.filter({
                    rest == $0.key.string ?? "" || rest.hasPrefix(($0.key.string ?? "") + ".")
                })
                .max(by: { ($0.key.string ?? "").count < ($1.key.string ?? "").count })
            else { break }
            rest = rest.dropFirst((name.string ?? "").count + 1)
            node = value
        }
        return node?.mark.map { "\(path):\($0.line)" } ?? path
    }

    /// The job types that are programs.
    func types() throws -> [CommandTypeSettings] {
        guard let types = try mapping("types", in: root) else { return [] }
        return try types.map { name, node in
            guard let text = name.string, (1...JobLimits.nameBytes).contains(text.utf8.count) else {
                throw error("types", at: name, "has a name that is no text of 1 to \(JobLimits.nameBytes) bytes")
            }
            return try type(text, name, node)
        }
    }

    private func type(_ name: String, _ nameNode: Node, _ node: Node) throws -> CommandTypeSettings {
        let key = "types.\(name)"
        guard let options = node.mapping else {
            throw error(key, at: nameNode, "is \(node.shown); expected {command: [program, argument, ...]}")
        }
        let known = ["command", "queue", "timeout", "maxAttempts", "folder", "environment"]
        try refuseOthers(than: known, later: ["http"], in: options, of: key)
        var type = CommandTypeSettings(name: name, command: try command(options, key, nameNode))
        type.queue = try scalar("queue", in: options, of: key) ?? type.queue
        type.folder = try scalar("folder", in: options, of: key)
        if let text = try scalar("timeout", in: options, of: key) {
            guard let timeout = DurationText(text), timeout.duration >= .seconds(1) else {
                throw error(
                    "\(key).timeout",
                    at: options["timeout"],
                    "is \"\(text)\"; expected \(DurationText.expectation)"
                )
            }
            type.timeout = timeout.duration
        }
        if let text = try scalar("maxAttempts", in: options, of: key) {
            guard let count = Int(text), (1...1000).contains(count) else {
                throw error("\(key).maxAttempts", at: options["maxAttempts"], "is \"\(text)\"; expected 1 to 1000")
            }
            type.maxAttempts = count
        }
        for (variable, value) in try mapping("environment", in: options, of: key) ?? [:] {
            type.environment[variable.string ?? ""] = value.scalar?.string
        }
        return type
    }

    private func command(_ options: Node.Mapping, _ key: String, _ nameNode: Node) throws -> [String] {
        guard let node = options["command"] else {
            throw error("\(key).command", at: nameNode, "is missing; expected [program, argument, ...]")
        }
        let words = node.sequence?.compactMap(\.scalar?.string) ?? []
        guard let program = words.first, !program.isEmpty, words.count == node.sequence?.count else {
            throw error("\(key).command", at: node, "is \(node.shown); expected [program, argument, ...]")
        }
        return words
    }
}
#endif
