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
        for name in [
            "store", "listen", "adminPort", "behindProxy", "files", "concurrency", "grace", "lease",
        ] {
            try take([name], root)
        }
        if let mode = try authMode() {
            values[AbsoluteConfigKey(["auth"])] = ConfigValue(.string(mode), isSecret: false)
        }
        for (section, names) in Settings.sections {
            guard let members = try mapping(section, in: root) else { continue }
            try refuseOthers(than: names, in: members, of: section)
            for name in names { try take([section, name], members) }
        }
        let all = try mapping("queues", in: root) ?? [:]
        for queue in queues {
            guard let options = try mapping(queue, in: all, of: "queues") else { continue }
            try refuseOthers(than: ["concurrency", "rateLimit"], in: options, of: "queues.\(queue)")
            try take(["queues", queue, "concurrency"], options)
            guard let limit = try mapping("rateLimit", in: options, of: "queues.\(queue)") else { continue }
            try refuseOthers(than: ["count", "per"], in: limit, of: "queues.\(queue).rateLimit")
            for name in ["count", "per"] { try take(["queues", queue, "rateLimit", name], limit) }
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
}
#endif
