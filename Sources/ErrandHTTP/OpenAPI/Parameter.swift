#if Server
/// A part of a request beside its body: of the path, the query or the header.
struct Parameter: Sendable {
    /// Where it stands.
    enum Place: String, Sendable {
        case path, query, header
    }

    let place: Place
    let name: String
    let schema: Schema
    let meaning: String
    /// Whether the request has to have it.
    let isRequired: Bool
    /// What one may look like; beside the path, where documents need one.
    let example: String?

    static func path(_ name: String, _ schema: Schema, _ meaning: String, example: String) -> Parameter {
        Parameter(place: .path, name: name, schema: schema, meaning: meaning, isRequired: true, example: example)
    }

    static func query(_ name: String, _ schema: Schema, _ meaning: String, isRequired: Bool = false) -> Parameter {
        Parameter(place: .query, name: name, schema: schema, meaning: meaning, isRequired: isRequired, example: nil)
    }

    static func header(_ name: String, _ schema: Schema, _ meaning: String, isRequired: Bool = false) -> Parameter {
        Parameter(place: .header, name: name, schema: schema, meaning: meaning, isRequired: isRequired, example: nil)
    }
}
#endif
