public import FoundationEssentials

// Overloads and not a protocol: each call is direct, also from another module, where generics are not specialised.
extension JSONWriter {
    /// Writes a string; nil as `null`.
    public mutating func value(_ value: String?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(quoted: value)
    }

    /// Writes an integer; nil as `null`.
    public mutating func value(_ value: Int?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(word: String(value))
    }

    /// Writes an integer; nil as `null`.
    public mutating func value(_ value: Int64?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(word: String(value))
    }

    /// Writes a number; integers are written without a fraction, and what is not finite as `null`, like nil.
    public mutating func value(_ value: Double?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(number: value)
    }

    /// Writes `true` or `false`; nil as `null`.
    public mutating func value(_ value: Bool?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(word: value ? "true" : "false")
    }

    /// Writes validated text, as it is; nil as `null`.
    public mutating func value(_ value: JSONText?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(word: value.string)
    }

    /// Writes a time in RFC 3339; nil as `null`.
    public mutating func value(_ value: Date?) {
        startValue()
        guard let value else { return append(word: "null") }
        append(quoted: RFC3339.format(value))
    }

    /// Writes the shortest spelling that reads back as the same double.
    private mutating func append(number value: Double) {
        guard value.isFinite else { return append(word: "null") }
        let spelling = value.description
        append(word: spelling.hasSuffix(".0") ? String(spelling.dropLast(2)) : spelling)
    }
}
