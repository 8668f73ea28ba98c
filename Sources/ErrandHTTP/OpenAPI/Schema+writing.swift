#if Server
import Errand

extension Schema {
    /// Writes it where it is used: by its name where it has one.
    func write(to writer: inout JSONWriter) {
        guard let name else { return writer.object { writeMembers(to: &$0) } }
        writer.object { writer in
            let reference = "#/components/schemas/\(name)"
            if isNullable {
                writer.member("anyOf") { writer in
                    writer.array { writer in
                        writer.object { $0.member("$ref", reference) }
                        writer.object { $0.member("type", "null") }
                    }
                }
            } else {
                writer.member("$ref", reference)
            }
        }
    }

    /// Writes what it is, whatever its name.
    func writeMembers(to writer: inout JSONWriter) {
        writer.memberIfPresent("description", meaning)
        if let standard { writer.member("default", JSONText(trusted: standard)) }
        switch form {
        case .any: break
        case .boolean: writeType("boolean", to: &writer)
        case .number: writeType("number", to: &writer)
        case .integer(let range): writeInteger(range, to: &writer)
        case .string(let text): write(text, to: &writer)
        case .words(let words): write(words, to: &writer)
        case .array(let element, let count): writeArray(element, count, to: &writer)
        case .object(let properties, let isClosed): write(properties, isClosed: isClosed, to: &writer)
        case .map(let value):
            writeType("object", to: &writer)
            if case .any = value.form { return }
            writer.member("additionalProperties") { value.write(to: &$0) }
        case .either(let schemas):
            writer.member("anyOf") { writer in
                writer.array { writer in for schema in schemas { schema.write(to: &writer) } }
            }
        }
    }

    private func writeType(_ type: String, to writer: inout JSONWriter) {
        guard isNullable else { return writer.member("type", type) }
        writer.member("type") { writer in
            writer.array { writer in
                writer.value(type)
                writer.value("null")
            }
        }
    }

    private func writeInteger(_ range: ClosedRange<Int64>, to writer: inout JSONWriter) {
        writeType("integer", to: &writer)
        if range.upperBound > Int64(Int32.max) { writer.member("format", "int64") }
        if range.lowerBound > .min { writer.member("minimum", range.lowerBound) }
        writer.member("maximum", range.upperBound)
    }

    private func write(_ text: Text, to writer: inout JSONWriter) {
        writeType("string", to: &writer)
        writer.memberIfPresent("format", text.format)
        writer.memberIfPresent("pattern", text.pattern)
        if let length = text.length {
            if length.lowerBound > 0 { writer.member("minLength", length.lowerBound) }
            writer.member("maxLength", length.upperBound)
        }
    }

    private func write(_ words: [String], to writer: inout JSONWriter) {
        writeType("string", to: &writer)
        writer.member("enum") { writer in
            writer.array { writer in
                for word in words { writer.value(word) }
                if isNullable { writer.valueNull() }
            }
        }
    }

    private func writeArray(_ element: Schema, _ count: ClosedRange<Int>, to writer: inout JSONWriter) {
        writeType("array", to: &writer)
        writer.member("items") { element.write(to: &$0) }
        if count.lowerBound > 0 { writer.member("minItems", count.lowerBound) }
        if count.upperBound < .max { writer.member("maxItems", count.upperBound) }
    }

    private func write(_ properties: [Property], isClosed: Bool, to writer: inout JSONWriter) {
        writeType("object", to: &writer)
        let required = properties.filter { !$0.schema.isOptional }.map(\.name)
        if !required.isEmpty {
            writer.member("required") { writer in
                writer.array { writer in for name in required { writer.value(name) } }
            }
        }
        writer.member("properties") { writer in
            writer.object { writer in
                for property in properties { writer.member(property.name) { property.schema.write(to: &$0) } }
            }
        }
        if isClosed { writer.member("additionalProperties", false) }
    }
}

extension Schema {
    /// Notes every schema within it that has a name, itself included.
    func collect(into named: inout [String: Schema]) {
        if let name {
            guard named[name] == nil else { return }
            named[name] = self
        }
        switch form {
        case .any, .boolean, .integer, .number, .string, .words: break
        case .array(let element, _), .map(let element): element.collect(into: &named)
        case .object(let properties, _): for property in properties { property.schema.collect(into: &named) }
        case .either(let schemas): for schema in schemas { schema.collect(into: &named) }
        }
    }
}
#endif
