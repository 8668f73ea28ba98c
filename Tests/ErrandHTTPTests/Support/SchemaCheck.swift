#if Server
import Errand

@testable import ErrandHTTP

/// Looks for what in a JSON value is not as its schema says; strictly: a member that is not declared is a finding, too.
struct SchemaCheck {
    private(set) var findings: [String] = []

    static func findings(in value: JSONText, _ schema: Schema) -> [String] {
        var check = SchemaCheck()
        check.look(at: value, schema, "")
        return check.findings
    }

    private mutating func look(at value: JSONText, _ schema: Schema, _ place: String) {
        if value.isNull, schema.isNullable { return }
        switch schema.form {
        case .any: break
        case .boolean: expect(value.boolValue != nil, place, "a boolean", value)
        case .number: expect(value.doubleValue != nil, place, "a number", value)
        case .integer(let range):
            // 7.0 is a whole number there, too.
            let number = value.int64Value ?? value.doubleValue.flatMap { Int64(exactly: $0) }
            expect(number.map(range.contains) ?? false, place, "\(range)", value)
        case .string(let text):
            expect(value.stringValue.map { Self.fits($0, text) } ?? false, place, "\(text)", value)
        case .words(let words):
            expect(value.stringValue.map(words.contains) ?? false, place, "one of \(words)", value)
        case .array(let element, let count): look(atElementsOf: value, element, count, place)
        case .object(let properties, _): look(atMembersOf: value, properties, place)
        case .map(let element):
            guard let members = members(of: value, place) else { return }
            for (name, value) in members { look(at: value, element, "\(place)/\(name)") }
        case .either(let schemas):
            expect(schemas.contains { Self.findings(in: value, $0).isEmpty }, place, "one of several", value)
        }
    }

    private mutating func expect(_ isTrue: Bool, _ place: String, _ what: String, _ value: JSONText) {
        if !isTrue { findings.append("\(place) is \(value.string.quotable), not \(what)") }
    }

    private mutating func members(of value: JSONText, _ place: String) -> [(name: String, value: JSONText)]? {
        expect(value.kind == .object, place, "an object", value)
        return try? value.object().members
    }

    private mutating func look(
        atElementsOf value: JSONText,
        _ element: Schema,
        _ count: ClosedRange<Int>,
        _ place: String
    ) {
        expect(value.kind == .array, place, "an array", value)
        guard let elements = try? value.elements() else { return }
        expect(count.contains(elements.count), place, "\(count) elements", value)
        for (index, value) in elements.enumerated() { look(at: value, element, "\(place)/\(index)") }
    }

    private mutating func look(atMembersOf value: JSONText, _ properties: [Schema.Property], _ place: String) {
        guard let members = members(of: value, place) else { return }
        for (name, value) in members {
            guard let property = properties.first(where: { $0.name == name }) else {
                findings.append("\(place)/\(name) is not declared")
                continue
            }
            look(at: value, property.schema, "\(place)/\(name)")
        }
        for property in properties where !property.schema.isOptional {
            guard !members.contains(where: { $0.name == property.name }) else { continue }
            findings.append("\(place)/\(property.name) is missing")
        }
    }

    private static func fits(_ string: String, _ text: Schema.Text) -> Bool {
        if let length = text.length, !length.contains(string.unicodeScalars.count) { return false }
        if text.format == "date-time", RFC3339.parse(string) == nil { return false }
        if text.format == "uuid", JobID(string) == nil { return false }
        guard let pattern = text.pattern else { return true }
        guard let expression = try? Regex(pattern) else { return false }
        return string.wholeMatch(of: expression) != nil
    }
}
#endif
