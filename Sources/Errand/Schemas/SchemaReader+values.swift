// What keywords are given.
extension SchemaReader {
    func members(
        _ value: JSONText,
        at place: String,
        _ wanted: String
    ) throws(JSONSchemaError) -> [(name: String, value: JSONText)] {
        do throws(JSONError) { return try value.object().members } catch {
            throw JSONSchemaError(pointer: place, message: "It is \(value.string.prefix(40)); \(wanted).")
        }
    }

    func elements(_ value: JSONText, at place: String) throws(JSONSchemaError) -> [JSONText] {
        guard value.kind == .array else { throw wrong(value, place, "an array") }
        do throws(JSONError) { return try value.elements() } catch { throw wrong(value, place, "an array") }
    }

    func string(_ value: JSONText, at place: String) throws(JSONSchemaError) -> String {
        guard let text = value.stringValue else { throw wrong(value, place, "a string") }
        return text
    }

    func strings(_ value: JSONText, at place: String) throws(JSONSchemaError) -> [String] {
        try elements(value, at: place).map { (value) throws(JSONSchemaError) in try string(value, at: place) }
    }

    func number(_ value: JSONText, at place: String) throws(JSONSchemaError) -> SchemaNumber {
        guard let number = SchemaNumber(value) else { throw wrong(value, place, "a number") }
        return number
    }

    func count(_ value: JSONText, at place: String) throws(JSONSchemaError) -> Int {
        guard let number = SchemaNumber(value), let count = Int(number.normal), count >= 0 else {
            throw wrong(value, place, "a whole number from 0")
        }
        return count
    }

    func flag(_ value: JSONText, at place: String) throws(JSONSchemaError) -> Bool {
        guard let flag = value.boolValue else { throw wrong(value, place, "true or false") }
        return flag
    }

    func types(_ value: JSONText, at place: String) throws(JSONSchemaError) -> [SchemaType] {
        let names = value.kind == .array ? try strings(value, at: place) : [try string(value, at: place)]
        return try names.map { (name) throws(JSONSchemaError) in
            guard let type = SchemaType(rawValue: name) else {
                throw JSONSchemaError(pointer: place, message: "There is no type \(name).")
            }
            return type
        }
    }

    private func wrong(_ value: JSONText, _ place: String, _ wanted: String) -> JSONSchemaError {
        JSONSchemaError(pointer: place, message: "It is \(value.string.prefix(40)); it must be \(wanted).")
    }
}

extension SchemaNode {
    /// How many schemas ask one and the same value one after the other, this one first; nil where that never ends.
    ///
    /// Not by recursion: a schema's writer decides how many they are.
    ///
    /// - Parameter known: The answers that were found before.
    /// - Returns: How many they are at most.
    func longestQuestion(_ known: inout [ObjectIdentifier: Int]) -> Int? {
        var path = [(node: self, rest: inPlace, longest: 0)]
        var open: Set = [ObjectIdentifier(self)]
        while var last = path.popLast() {
            guard let next = last.rest.popLast() else {
                open.remove(ObjectIdentifier(last.node))
                known[ObjectIdentifier(last.node)] = last.longest + 1
                if path.isEmpty { return last.longest + 1 }
                path[path.count - 1].longest = max(path[path.count - 1].longest, last.longest + 1)
                continue
            }
            if let count = known[ObjectIdentifier(next)] {
                last.longest = max(last.longest, count)
                path.append(last)
                continue
            }
            guard open.insert(ObjectIdentifier(next)).inserted else { return nil }
            path += [last, (next, next.inPlace, 0)]
        }
        return nil
    }
}

extension String {
    /// As a part of a JSON Pointer.
    package var pointerEscaped: String { escaped { $0 == "~" ? "~0" : $0 == "/" ? "~1" : nil } }
}
