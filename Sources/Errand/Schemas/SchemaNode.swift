import Synchronization

/// One schema within a schema, read: what it asks of a value.
///
/// A class because schemas refer to themselves; what it refers to is set while the whole is read and never after.
/// `@unchecked`: `reference` is written before anybody else has the schema, the rest is constant.
final class SchemaNode: @unchecked Sendable {
    /// What there is to ask, besides what other schemas ask in the same place.
    struct Keywords {
        var types: [SchemaType] = []
        /// The values one of which it must be, in their normal form; of each list, where there are several.
        var values: [(normal: Set<Name>, shown: String)] = []
        var numbers = NumberBounds()
        var length = SizeBounds()
        var pattern: SchemaPattern?
        var itemCount = SizeBounds()
        var hasUniqueItems = false
        var firstItems: [SchemaNode] = []
        var items: SchemaNode?
        var memberCount = SizeBounds()
        var required: [String] = []
        var requiredWith: [(name: String, required: [String])] = []
        var members: [Name: SchemaNode] = [:]
        var otherMembers: SchemaNode?
        var all: [SchemaNode] = []
        var any: [SchemaNode]?
        var one: [SchemaNode]?
        var none: SchemaNode?
        var condition: (if: SchemaNode, then: SchemaNode?, else: SchemaNode?)?
    }

    /// The schema `false`, which nothing is as.
    let isNever: Bool
    let keywords: Keywords
    /// The schema that `$ref` names, which is asked as well.
    ///
    /// Not owned: schemas refer to themselves, and to each other in chains as long as their writer likes.
    private(set) unowned var reference: SchemaNode?

    init(isNever: Bool = false, _ keywords: Keywords = Keywords()) {
        self.isNever = isNever
        self.keywords = keywords
    }

    /// Says what `$ref` names, once that is read.
    func refer(to node: SchemaNode) { reference = node }

    /// The schemas that are asked about the same value, not about a part of it.
    var inPlace: [SchemaNode] {
        var nodes = keywords.all + (keywords.any ?? []) + (keywords.one ?? [])
        if let none = keywords.none { nodes.append(none) }
        if let condition = keywords.condition {
            nodes += [condition.if, condition.then, condition.else].compactMap(\.self)
        }
        if let reference { nodes.append(reference) }
        return nodes
    }
}

/// The types of JSON Schema; a whole number is a number as well.
enum SchemaType: String {
    case null, boolean, object, array, number, string, integer

    /// With the article it takes in a sentence.
    var words: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .object: "an object"
        case .array: "an array"
        case .number: "a number"
        case .string: "a string"
        case .integer: "a whole number"
        }
    }

    func includes(_ value: JSONText) -> Bool {
        switch (self, value.kind) {
        case (.null, .null), (.boolean, .bool), (.object, .object), (.array, .array), (.number, .number),
            (.string, .string):
            true
        case (.integer, .number): SchemaNumber(value)?.isWhole ?? false
        default: false
        }
    }
}

/// How many there may be of something.
struct SizeBounds {
    var least: Int?
    var most: Int?

    func includes(_ count: Int) -> Bool { count >= least ?? 0 && count <= most ?? .max }

    /// As a sentence goes on after "must have".
    var words: String {
        switch (least, most) {
        case (let least?, let most?): least == most ? "exactly \(least)" : "\(least) to \(most)"
        case (let least?, nil): "at least \(least)"
        case (nil, let most?): "at most \(most)"
        case (nil, nil): "any number of"
        }
    }
}

/// A regular expression, unanchored, as Swift reads it.
final class SchemaPattern: Sendable {
    /// The longest text that is matched, in characters: what an expression takes may grow with its square.
    static let longestText = 512

    /// `@unchecked`: whoever takes it out of the pool has it alone.
    private struct Compiled: @unchecked Sendable {
        let regex: Regex<AnyRegexOutput>
    }

    let text: String
    /// Those that nobody uses: an expression may not be shared, and takes longer to read than to match.
    private let idle: Mutex<[Compiled]>

    init(_ text: String) throws {
        self.text = text
        idle = Mutex([Compiled(regex: try Regex(text))])
    }

    func matches(_ value: String) -> Bool {
        // It was read once, so it can be read again.
        let compiled = idle.withLock { $0.popLast() } ?? (try? Compiled(regex: Regex(text)))
        guard let compiled else { return false }
        defer { idle.withLock { $0.append(compiled) } }
        // What cannot be matched does not match.
        return (try? compiled.regex.firstMatch(in: value)) != nil
    }
}
