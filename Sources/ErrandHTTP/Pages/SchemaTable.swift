#if Server
/// The members of an object, for people: name, kind and meaning, those of its own objects below.
struct SchemaTable {
    let schema: Schema

    var html: HTML {
        let rows = Self.rows(schema, under: "")
        return rows.isEmpty ? .nothing : .element("table", HTML(rows))
    }

    private static func rows(_ schema: Schema, under place: String) -> [HTML] {
        schema.properties.flatMap { property in
            let name = place + property.name
            let schema = property.schema
            return [row(name, schema, isOptional: schema.isOptional, meaning: schema.meaning ?? "")]
                + rows(within: schema, under: name)
        }
    }

    /// What is inside of a member; what has a name of its own is shown once, elsewhere.
    private static func rows(within schema: Schema, under name: String) -> [HTML] {
        guard schema.name == nil else { return [] }
        if case .array(let element, _) = schema.form, element.name == nil { return rows(element, under: name + "[].") }
        return rows(schema, under: name + ".")
    }

    static func row(_ name: String, _ schema: Schema, isOptional: Bool, meaning: String) -> HTML {
        let standard: HTML = schema.standard.map { HTML([", else ", .code($0)]) } ?? .nothing
        let kind = HTML([schema.kind, isOptional ? .nothing : ", always", standard])
        return .element("tr", .element("td", .code(name)), .element("td", kind), .element("td", .text(meaning)))
    }
}

extension Schema {
    /// What kind of value it is, for people.
    var kind: HTML { name.map { .link("#schema-\($0)", .text($0)) } ?? unnamedKind }

    /// The same of what has a name, where the name is explained.
    var unnamedKind: HTML {
        switch form {
        case .any: "any JSON"
        case .boolean: "true or false"
        case .number: "number"
        case .integer(let range):
            range.upperBound == .max ? "whole number" : "\(range.lowerBound) to \(range.upperBound)"
        case .string(let text): .text(text.kind)
        case .words(let words): .text(words.joined(separator: " | "))
        case .array(let element, _): HTML(["list of ", element.kind])
        case .object, .map: "object"
        case .either(let schemas): .list(schemas.map(\.kind), between: " or ")
        }
    }
}

extension Schema.Text {
    fileprivate var kind: String {
        switch format {
        case "date-time": return "time"
        case "uuid": return "UUID"
        default: break
        }
        guard let length, length.upperBound < 10_000 else { return "text" }
        return "text of \(length.lowerBound) to \(length.upperBound)"
    }
}
#endif
