extension JSONText {
    /// What the value is, by its first byte.
    public var kind: JSONKind {
        switch string.utf8.first(where: { !ASCII.isWhitespace($0) }) {
        case ASCII.braceOpen: .object
        case ASCII.bracketOpen: .array
        case ASCII.quote: .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The text of a string; nil for any other kind.
    public var stringValue: String? {
        guard kind == .string else { return nil }
        var inside = String(token.dropFirst().dropLast())
        return inside.withUTF8 { bytes in
            ScannedString(bytes: bytes, hasEscapes: bytes.contains(ASCII.backslash)).unescaped()
        }
    }

    /// The value of a number spelled as an integer that fits; nil for any other kind, for `1.0`, and for `1e3`.
    public var int64Value: Int64? {
        kind == .number ? Int64(token) : nil
    }

    /// The nearest double to a number; nil for any other kind, and for a number no double comes near.
    public var doubleValue: Double? {
        guard kind == .number, let value = Double(token), value.isFinite else { return nil }
        return value
    }

    /// The value of `true` or `false`; nil for any other kind.
    public var boolValue: Bool? {
        kind == .bool ? token == "true" : nil
    }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// The members of an object, each value as the exact text it has; throws `notAnObject` for any other kind.
    public func object() throws(JSONError) -> JSONObject {
        guard kind == .object else { throw expected("an object") }
        return JSONObject(members: try slices { (name: $0.name?.unescaped() ?? "", value: $1) })
    }

    /// The elements of an array, each as the exact text it has; throws `notAnObject` for any other kind.
    public func elements() throws(JSONError) -> [JSONText] {
        guard kind == .array else { throw expected("an array") }
        return try slices { $1 }
    }

    private func slices<Part>(_ part: (JSONScanner.Slice, JSONText) -> Part) throws(JSONError) -> [Part] {
        var string = string
        let result = string.withUTF8 { bytes in
            JSONScanner.slices(of: bytes) { slice in
                let value = UnsafeBufferPointer(rebasing: bytes[slice.value])
                return part(slice, JSONText(trusted: String(decoding: value, as: UTF8.self)))
            }
        }
        return try result.get()
    }

    private func expected(_ what: String) -> JSONError {
        JSONError(code: .notAnObject, offset: 0, pointer: "", message: "expected \(what), found \(kind.rawValue)")
    }

    /// The text without the whitespace around it.
    private var token: Substring {
        let utf8 = string.utf8
        guard let first = utf8.firstIndex(where: { !ASCII.isWhitespace($0) }),
            let last = utf8.lastIndex(where: { !ASCII.isWhitespace($0) })
        else { return "" }
        return string[first...last]
    }
}
