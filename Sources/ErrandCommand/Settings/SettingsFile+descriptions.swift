#if Server
import Errand
import Yams

// What a configured type says of itself to people.
extension SettingsFile {
    func description(_ options: Node.Mapping, _ key: String) throws -> JobTypeDescription {
        var description = JobTypeDescription()
        description.payloadSchema = try schema("schema", options, key)
        description.resultSchema = try schema("resultSchema", options, key)
        for (language, text) in try mapping("labels", in: options, of: key) ?? [:] {
            guard let tag = language.string, !tag.isEmpty, let label = text.string, !label.isEmpty else {
                throw error("\(key).labels", at: text, "is \(text.shown); expected {en: text, de: text}")
            }
            description.labels[tag] = label
        }
        return description
    }

    private func schema(_ name: String, _ options: Node.Mapping, _ key: String) throws -> JSONSchema? {
        guard let node = options[Node(name)], node.null == nil else { return nil }
        guard node.mapping != nil else {
            throw error("\(key).\(name)", at: node, "is \(node.shown); expected a JSON Schema as keys with values")
        }
        var writer = JSONWriter()
        Self.write(node, to: &writer)
        do { return try JSONSchema(try JSONText(validating: writer.text.string)) } catch let problem {
            throw error("\(key).\(name)", at: node, "is no JSON Schema that can be checked: \(problem)")
        }
    }

    private static func write(_ node: Node, to writer: inout JSONWriter) {
        switch node {
        case .mapping(let mapping):
            writer.object { writer in
                for (name, value) in mapping { writer.member(name.string ?? "") { write(value, to: &$0) } }
            }
        case .sequence(let sequence):
            writer.array { writer in for value in sequence { write(value, to: &writer) } }
        default: write(scalar: node, to: &writer)
        }
    }

    /// Quoted text is text; the rest is what it looks like.
    private static func write(scalar node: Node, to writer: inout JSONWriter) {
        let text = node.scalar?.string ?? ""
        let isQuoted = [.singleQuoted, .doubleQuoted].contains(node.scalar?.style ?? .any)
        if isQuoted {
            writer.value(text)
        } else if node.null != nil {
            writer.valueNull()
        } else if let flag = node.bool {
            writer.value(flag)
        } else if let number = node.int {
            writer.value(number)
        } else if let number = node.float, number.isFinite {
            writer.value(number)
        } else {
            writer.value(text)
        }
    }
}
#endif
