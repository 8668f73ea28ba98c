#if Server
/// What a JSON value may be, as far as the API has to say it: a part of JSON Schema (draft 2020-12).
///
/// A schema stands beside the code that reads or writes the value; the document and its page are made from it, and
/// tests hold every answer to it.
struct Schema: Sendable {
    /// The kind of value, with what limits it.
    indirect enum Form: Sendable {
        case any
        case boolean
        case integer(ClosedRange<Int64>)
        case number
        case string(Text)
        case words([String])
        case array(Schema, count: ClosedRange<Int>)
        case object([Property], isClosed: Bool)
        case map(Schema)
        case either([Schema])
    }

    /// What limits a string.
    struct Text: Sendable {
        /// How many characters it may have.
        var length: ClosedRange<Int>?
        /// A regular expression (ECMA 262) that the whole of it matches.
        var pattern: String?
        /// A format that JSON Schema knows.
        var format: String?
    }

    /// A member of an object.
    struct Property: Sendable {
        let name: String
        let schema: Schema
    }

    let form: Form
    /// The name under which the document has it once, for all places.
    private(set) var name: String?
    /// What it means.
    private(set) var meaning: String?
    private(set) var isNullable = false
    /// Whether the object it is a member of may be without it.
    private(set) var isOptional = false
    /// What holds where the member is left out, as JSON.
    private(set) var standard: String?

    init(_ form: Form) { self.form = form }

    /// Names it.
    func named(_ name: String) -> Schema { with { $0.name = name } }

    /// Says what it means.
    func about(_ meaning: String) -> Schema { with { $0.meaning = meaning } }

    /// Lets the object it is a member of be without it.
    var optional: Schema { with { $0.isOptional = true } }

    /// Lets it be null as well.
    var nullable: Schema { with { $0.isNullable = true } }

    /// Says what holds where the member is left out, as JSON.
    func standard(_ json: String) -> Schema { with { $0.standard = json } }

    private func with(_ change: (inout Schema) -> Void) -> Schema {
        var schema = self
        change(&schema)
        return schema
    }
}

extension Schema {
    /// An object of an answer; a later version may add members.
    static func object(_ members: KeyValuePairs<String, Schema>) -> Schema {
        Schema(.object(members.map { Property(name: $0.key, schema: $0.value) }, isClosed: false))
    }

    /// The object of a request: nothing else may be in it, and null is as good as a member left out.
    static func fields(_ members: KeyValuePairs<String, Schema>) -> Schema {
        let properties = members.map { name, schema in
            Property(name: name, schema: schema.isOptional ? schema.nullable : schema)
        }
        return Schema(.object(properties, isClosed: true))
    }

    /// This object with more members.
    func adding(_ members: KeyValuePairs<String, Schema>) -> Schema {
        guard case .object(let properties, let isClosed) = form else { return self }
        return Schema(
            .object(properties + members.map { Property(name: $0.key, schema: $0.value) }, isClosed: isClosed)
        )
    }

    static func array(_ element: Schema, count: ClosedRange<Int> = 0...Int.max) -> Schema {
        Schema(.array(element, count: count))
    }

    static func integer(_ range: ClosedRange<Int64>) -> Schema { Schema(.integer(range)) }

    static func string(_ length: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil) -> Schema {
        Schema(.string(Text(length: length, pattern: pattern, format: format)))
    }

    static func words(_ words: some Sequence<String>) -> Schema { Schema(.words(Array(words))) }

    /// An object with members of any names.
    static func map(_ value: Schema) -> Schema { Schema(.map(value)) }

    static func either(_ schemas: Schema...) -> Schema { Schema(.either(schemas)) }

    /// The members, where it is an object.
    var properties: [Property] {
        if case .object(let properties, _) = form { properties } else { [] }
    }
}
#endif
