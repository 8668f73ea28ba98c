/// Reads a schema's text into what it asks.
struct SchemaReader {
    /// A member of a schema, and where it stands.
    private struct Keyword {
        let name: String
        let value: JSONText
        let place: String
    }

    /// Schemas that may be referred to, by the reference.
    private var named: [Name: SchemaNode] = [:]
    private var references: [(node: SchemaNode, target: String, place: String)] = []

    /// How many schemas may ask one and the same value one after the other.
    static let longestQuestion = 50

    /// Reads a schema; the definitions are what its parts refer to, and do not own.
    static func read(_ text: JSONText) throws(JSONSchemaError) -> (root: SchemaNode, definitions: [SchemaNode]) {
        var reader = SchemaReader()
        let root = try reader.node(text, at: "")
        reader.named["#"] = root
        for (node, target, place) in reader.references {
            guard let found = reader.named[Name(target)] else {
                throw JSONSchemaError(
                    pointer: place + "/$ref",
                    message: "\(target) cannot be found; a reference is # or #/$defs/NAME of the schema itself."
                )
            }
            node.refer(to: found)
        }
        var known: [ObjectIdentifier: Int] = [:]
        for (name, node) in reader.named.sorted(by: { $0.key < $1.key }) {
            guard let count = known[ObjectIdentifier(node)] ?? node.longestQuestion(&known) else {
                throw JSONSchemaError(pointer: "", message: "\(name) refers to itself about one and the same value.")
            }
            guard count <= longestQuestion else {
                let what = "\(name) leads through \(count) schemas about one value; at most \(longestQuestion) may."
                throw JSONSchemaError(pointer: "", message: what)
            }
        }
        return (root, Array(reader.named.values))
    }

    private mutating func node(_ text: JSONText, at place: String) throws(JSONSchemaError) -> SchemaNode {
        if let isOpen = text.boolValue { return SchemaNode(isNever: !isOpen) }
        let members = try members(text, at: place, "a schema is an object, true or false")
        var keywords = SchemaNode.Keywords()
        var target: String?
        for (name, value) in members {
            let place = "\(place)/\(name.pointerEscaped)"
            switch name {
            case "$ref": target = try string(value, at: place)
            case "$defs":
                for (name, value) in try self.members(value, at: place, "$defs is an object") {
                    let definition = try node(value, at: "\(place)/\(name.pointerEscaped)")
                    // Only those of the whole schema have a name that a reference knows.
                    if place == "/$defs" { named["#/$defs/\(name.pointerEscaped)"] = definition }
                }
            case "if", "then", "else": break
            case _ where Self.annotations.contains(name): break
            default:
                let keyword = Keyword(name: name, value: value, place: place)
                // Not with ||, which loses the type of what is thrown.
                if try takeNumbers(keyword, &keywords) { continue }
                if try takeText(keyword, &keywords) { continue }
                if try takeArray(keyword, &keywords) { continue }
                if try takeObject(keyword, &keywords) { continue }
                guard try takeChoice(keyword, &keywords) else { throw unknown(name, place) }
            }
        }
        try takeCondition(members, place, &keywords)
        let node = SchemaNode(keywords)
        if let target { references.append((node, target, place)) }
        return node
    }

    private func unknown(_ name: String, _ place: String) -> JSONSchemaError {
        JSONSchemaError(pointer: place, message: "The keyword \(name) is not checked by Errand; leave it out.")
    }

    /// What tells and asks nothing.
    private static let annotations: Set = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly",
        "writeOnly", "format", "contentMediaType", "contentEncoding",
    ]

    // MARK: Keywords

    private func takeNumbers(_ keyword: Keyword, _ keywords: inout SchemaNode.Keywords) throws(JSONSchemaError) -> Bool
    {
        let (value, place) = (keyword.value, keyword.place)
        switch keyword.name {
        case "minimum": keywords.numbers.least = try number(value, at: place)
        case "maximum": keywords.numbers.most = try number(value, at: place)
        case "exclusiveMinimum": keywords.numbers.above = try number(value, at: place)
        case "exclusiveMaximum": keywords.numbers.below = try number(value, at: place)
        case "multipleOf":
            let step = try number(value, at: place)
            guard step > .zero else { throw JSONSchemaError(pointer: place, message: "It must be more than 0.") }
            keywords.numbers.step = step
        default: return false
        }
        return true
    }

    private func takeText(_ keyword: Keyword, _ keywords: inout SchemaNode.Keywords) throws(JSONSchemaError) -> Bool {
        let (value, place) = (keyword.value, keyword.place)
        switch keyword.name {
        case "type": keywords.types = try types(value, at: place)
        case "enum":
            let values = try elements(value, at: place)
            keywords.values.append((Set(values.map(\.normalForm)), values.map(\.string).joined(separator: ", ")))
        case "const": keywords.values.append(([value.normalForm], value.string))
        case "minLength": keywords.length.least = try count(value, at: place)
        case "maxLength": keywords.length.most = try count(value, at: place)
        case "pattern":
            let text = try string(value, at: place)
            // Who reads an expression goes into each group by recursion.
            guard text.utf8.count(where: { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "[") }) <= 100 else {
                throw JSONSchemaError(pointer: place, message: "An expression has at most 100 groups and classes.")
            }
            do { keywords.pattern = try SchemaPattern(text) } catch {
                throw JSONSchemaError(pointer: place, message: "\(text) is no regular expression: \(error)")
            }
        default: return false
        }
        return true
    }

    private mutating func takeArray(_ keyword: Keyword, _ keywords: inout SchemaNode.Keywords) throws(JSONSchemaError)
        -> Bool
    {
        let (value, place) = (keyword.value, keyword.place)
        switch keyword.name {
        case "items": keywords.items = try node(value, at: place)
        case "prefixItems": keywords.firstItems = try nodes(value, at: place)
        case "minItems": keywords.itemCount.least = try count(value, at: place)
        case "maxItems": keywords.itemCount.most = try count(value, at: place)
        case "uniqueItems": keywords.hasUniqueItems = try flag(value, at: place)
        default: return false
        }
        return true
    }

    private mutating func takeObject(_ keyword: Keyword, _ keywords: inout SchemaNode.Keywords) throws(JSONSchemaError)
        -> Bool
    {
        let (value, place) = (keyword.value, keyword.place)
        switch keyword.name {
        case "properties":
            for (name, value) in try members(value, at: place, "properties is an object") {
                keywords.members[Name(name)] = try node(value, at: "\(place)/\(name.pointerEscaped)")
            }
        case "additionalProperties": keywords.otherMembers = try node(value, at: place)
        case "required": keywords.required = try strings(value, at: place)
        case "dependentRequired":
            for (name, value) in try members(value, at: place, "dependentRequired is an object") {
                keywords.requiredWith.append((name, try strings(value, at: "\(place)/\(name.pointerEscaped)")))
            }
        case "minProperties": keywords.memberCount.least = try count(value, at: place)
        case "maxProperties": keywords.memberCount.most = try count(value, at: place)
        default: return false
        }
        return true
    }

    private mutating func takeChoice(_ keyword: Keyword, _ keywords: inout SchemaNode.Keywords) throws(JSONSchemaError)
        -> Bool
    {
        let (value, place) = (keyword.value, keyword.place)
        switch keyword.name {
        case "allOf": keywords.all = try nodes(value, at: place)
        case "anyOf": keywords.any = try nodes(value, at: place)
        case "oneOf": keywords.one = try nodes(value, at: place)
        case "not": keywords.none = try node(value, at: place)
        default: return false
        }
        return true
    }

    private mutating func takeCondition(
        _ members: [(name: String, value: JSONText)],
        _ place: String,
        _ keywords: inout SchemaNode.Keywords
    ) throws(JSONSchemaError) {
        var parts: [String: SchemaNode] = [:]
        for (name, value) in members where ["if", "then", "else"].contains(name) {
            parts[name] = try node(value, at: "\(place)/\(name)")
        }
        if let condition = parts["if"] { keywords.condition = (condition, parts["then"], parts["else"]) }
    }

    private mutating func nodes(_ value: JSONText, at place: String) throws(JSONSchemaError) -> [SchemaNode] {
        var nodes: [SchemaNode] = []
        for (index, value) in try elements(value, at: place).enumerated() {
            nodes.append(try node(value, at: "\(place)/\(index)"))
        }
        return nodes
    }
}
