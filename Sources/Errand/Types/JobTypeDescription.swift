/// What people, and forms made for them, are told of a job type, and what its payloads and results are held to.
public struct JobTypeDescription: Sendable, Hashable {
    /// What payloads are like; a submit whose payload is not is refused.
    public var payloadSchema: JSONSchema?
    /// What results are like that are stored with the job; a run that ends with another has failed.
    public var resultSchema: JSONSchema?
    /// Whether submits are held to ``payloadSchema``; false where it only tells, and ``JobType/admit`` says what is
    /// accepted.
    public var checksPayload = true
    /// What the type is called, by language: `["en": "Send an invoice", "de": "Rechnung senden"]`.
    public var labels: [String: String]

    /// Creates a description.
    ///
    /// - Parameters:
    ///   - payloadSchema: What payloads are like.
    ///   - resultSchema: What results are like.
    ///   - labels: What the type is called, by language tag.
    public init(payloadSchema: JSONSchema? = nil, resultSchema: JSONSchema? = nil, labels: [String: String] = [:]) {
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
