#if Server
import FoundationEssentials
import Yams

/// A configuration file: YAML, every key of it known, every value with its line.
struct SettingsFile {
    let path: String
    private(set) var root: Node.Mapping

    /// Reads and parses a file.
    init(path: String) throws {
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw CommandFailure(
                .noInput,
                "Cannot read the configuration \(path): no such file, or it is not UTF-8 text."
            )
        }
        try self.init(path: path, text: text)
    }

    init(path: String, text: String) throws {
        self.path = path
        do {
            guard let node = try compose(yaml: text), node.null == nil else {
                root = Node.Mapping([])
                return
            }
            guard let mapping = node.mapping else {
                throw SettingsError(
                    key: "the file",
                    place: path,
                    problem: "is not a list of settings; expected store: ..."
                )
            }
            root = mapping
        } catch let error as YamlError {
            throw SettingsError(key: "the file", place: path, problem: "is not valid YAML: \(Self.reason(error))")
        }
    }

    /// An error that names the line of a node.
    func error(_ key: String, at node: Node?, _ problem: String) -> SettingsError {
        SettingsError(key: key, place: node?.mark.map { "\(path):\($0.line)" } ?? path, problem: problem)
    }

    /// Refuses members that nobody reads; those that will be known one day are told apart.
    func refuseOthers(than known: [String], later: [String] = [], in mapping: Node.Mapping, of key: String) throws {
        var seen: Set<String> = []
        for (name, _) in mapping {
            let text = name.string ?? "?"
            let full = key.isEmpty ? text : "\(key).\(text)"
            guard !later.contains(text) else { throw error(full, at: name, "is not supported yet; leave it out") }
            guard known.contains(text) else {
                throw error(full, at: name, "is unknown; expected \(known.joined(separator: ", "))")
            }
            guard seen.insert(text).inserted else { throw error(full, at: name, "is given twice") }
        }
    }

    /// The mapping under a key; nil when there is none.
    func mapping(_ name: String, in parent: Node.Mapping, of key: String = "") throws -> Node.Mapping? {
        guard let node = parent[Node(name)], node.null == nil else { return nil }
        guard let mapping = node.mapping else {
            throw error(key.isEmpty ? name : "\(key).\(name)", at: node, "is \(node.shown); expected keys with values")
        }
        return mapping
    }

    /// The text of a scalar; nil when there is none.
    func scalar(_ name: String, in parent: Node.Mapping, of key: String) throws -> String? {
        guard let node = parent[Node(name)] else { return nil }
        guard let scalar = node.scalar, node.null == nil else {
            throw error(key.isEmpty ? name : "\(key).\(name)", at: node, "is \(node.shown); expected one value")
        }
        return scalar.string
    }

    private static func reason(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem) in line \(mark.line), column \(mark.column)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "\(duplicates.joined(separator: ", ")) is given twice in line \(context.mark.line)"
        default: "\(error)"
        }
    }
}

extension Node {
    /// The value as an error shows it.
    var shown: String {
        switch self {
        case .mapping: "a group of keys"
        case .sequence: "a list"
        case .alias: "an alias"
        case .scalar(let scalar): null != nil ? "empty" : "\"\(scalar.string.prefix(80))\""
        }
    }
}
#endif
