/// What people, and forms made for them, are told of a job type.
///
/// Schemas are declared and not checked: what a type accepts is for its ``JobType/admit`` and its handler to say.
public struct JobTypeDescription: Sendable, Hashable {
    /// A JSON Schema of the payload.
    public var payloadSchema: JSONText?
    /// A JSON Schema of the result.
    public var resultSchema: JSONText?
    /// What the type is called, by language: `["en": "Send an invoice", "de": "Rechnung senden"]`.
    public var labels: [String: String]

    /// Creates a description.
    ///
    /// - Parameters:
    ///   - payloadSchema: A JSON Schema of the payload, an object.
    ///   - resultSchema: A JSON Schema of the result, an object.
    ///   - labels: What the type is called, by language tag.
    public init(payloadSchema: JSONText? = nil, resultSchema: JSONText? = nil, labels: [String: String] = [:]) {
        (self.payloadSchema, self.resultSchema, self.labels) = (payloadSchema, resultSchema, labels)
    }

    /// The label in the first language that has one; English when none has.
    ///
    /// - Parameter languages: Language tags, the preferred first; `de-CH` finds `de` as well.
    /// - Returns: The label and its language, or nil where there is none.
    public func label(in languages: [String]) -> (language: String, text: String)? {
        for wanted in languages + ["en"] {
            let tag = wanted.lowercased()
            for candidate in [tag, String(tag.prefix { $0 != "-" })] {
                if let found = labels.first(where: { $0.key.lowercased() == candidate }) {
                    return (found.key, found.value)
                }
            }
        }
        return nil
    }
}
