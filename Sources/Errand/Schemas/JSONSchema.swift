/// A JSON Schema that values are held to (draft 2020-12, without what refers to other documents).
///
/// Checked are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `minProperties`,
/// `maxProperties`, `dependentRequired`, `items`, `prefixItems`, `minItems`, `maxItems`, `uniqueItems`, `minimum`,
/// `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`, `pattern`, `allOf`,
/// `anyOf`, `oneOf`, `not`, `if`, `then`, `else` and `$ref` to the schema itself or its `$defs`. As the draft has it,
/// `format` and the keywords that describe are told and not checked. Any other keyword is refused, so that nothing
/// seems to be checked that is not.
///
/// <https://json-schema.org/draft/2020-12>
public struct JSONSchema: Sendable, Hashable {
    /// The schema as it was given.
    public let text: JSONText
    private let root: SchemaNode
    /// What its parts refer to, kept as long as they are.
    private let definitions: [SchemaNode]

    /// Reads a schema.
    ///
    /// - Parameter text: An object, or `true` or `false`.
    /// - Throws: ``JSONSchemaError`` for what is no schema, or has keywords that cannot be checked.
    public init(_ text: JSONText) throws(JSONSchemaError) {
        self.text = text
        (root, definitions) = try SchemaReader.read(text)
    }

    /// A schema of Errand's own, which is one.
    package init(own text: String) {
        do throws(JSONSchemaError) { try self.init(JSONText(trusted: text)) } catch { preconditionFailure("\(error)") }
    }

    /// What of a value is not as the schema wants it.
    ///
    /// - Parameter value: Any value.
    /// - Returns: At most ``SchemaCheck/limit`` violations, in the order of the value; none when it is as wanted.
    public func violations(in value: JSONText) -> [SchemaViolation] {
        SchemaCheck.violations(in: value, against: root)
    }

    /// Schemas are the same when their texts are.
    public static func == (left: JSONSchema, right: JSONSchema) -> Bool { left.text == right.text }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// One place at which a value is not as its schema wants it.
public struct SchemaViolation: Sendable, Hashable {
    /// Where it is in the value, as a JSON Pointer (RFC 6901); empty for the value itself.
    public var pointer: String
    /// A word for a program, such as `required` or `wrong-type`.
    public var code: String
    /// What is wanted, as a sentence goes on after the name of the place: `must be a string; it is 5`.
    public var detail: String

    /// The place and what is wanted there, as a sentence goes on after the name of the value.
    package var words: String { pointer.isEmpty ? detail : "at \(pointer) \(detail)" }
}

/// Why a text is no schema that can be checked.
public struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it is in the schema, as a JSON Pointer.
    public var pointer: String
    /// What is wrong there, as a sentence.
    public var message: String

    /// The place and the message.
    public var description: String { pointer.isEmpty ? message : "\(pointer): \(message)" }
}
