#if Files
extension CSVOptions: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case header, delimiter, encoding, nullValues
    }

    /// Decodes options strictly.
    ///
    /// - Parameter decoder: Holds the `csv` object.
    /// - Throws: `DecodingError.dataCorrupted` whose path ends in the key at fault and whose description names
    ///   the key, the value found and what would do.
    public init(from decoder: any Decoder) throws {
        try Self.refuseUnknownKeys(decoder)
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            header: try Self.decodeHeader(container) ?? .firstRecord,
            delimiter: try Self.decodeDelimiter(container),
            encoding: try Self.decodeEncoding(container) ?? .utf8,
            nullValues: try Self.decodeNullValues(container) ?? []
        )
    }

    /// Encodes the options so that decoding gives them back.
    ///
    /// - Parameter encoder: Takes the `csv` object.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch header {
        case .firstRecord: try container.encode(true, forKey: .header)
        case .numbered: try container.encode(false, forKey: .header)
        case .names(let names): try container.encode(names, forKey: .header)
        }
        try container.encodeIfPresent(delimiter.map { String(Unicode.Scalar($0)) }, forKey: .delimiter)
        try container.encode(encoding, forKey: .encoding)
        try container.encode(nullValues, forKey: .nullValues)
    }

    private static func refuseUnknownKeys(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let known = Set(Key.allCases.map(\.rawValue))
        // Sorted, so that of several the same one is named each time.
        let unknown = container.allKeys.filter { !known.contains($0.stringValue) }.map(\.stringValue).sorted()
        guard let first = unknown.first else { return }
        let key = AnyKey(first)
        let value = container.value(ShownValue.self, key)?.text ?? "null"
        let expected = Key.allCases.map(\.rawValue).joined(separator: ", ")
        throw DecodingError.dataCorruptedError(
            forKey: key,
            in: container,
            debugDescription: "unknown key \"\(first)\" (value \(value)); expected one of \(expected)"
        )
    }

    private static func decodeHeader(_ container: KeyedDecodingContainer<Key>) throws -> Header? {
        guard try isGiven(.header, container) else { return nil }
        if let flag = container.value(Bool.self, .header) { return flag ? .firstRecord : .numbered }
        if let names = container.value([String].self, .header), !names.isEmpty { return .names(names) }
        throw wrong(.header, container, expected: "true, false or a list of one or more names")
    }

    private static func decodeDelimiter(_ container: KeyedDecodingContainer<Key>) throws -> UInt8? {
        guard try isGiven(.delimiter, container) else { return nil }
        if let text = container.value(String.self, .delimiter), let byte = text.utf8.first,
            text.utf8.count == 1, CSVRecordParser.canDelimit(byte)
        {
            return byte
        }
        throw wrong(.delimiter, container, expected: "one ASCII character that is no quote, line end or NUL")
    }

    private static func decodeEncoding(_ container: KeyedDecodingContainer<Key>) throws -> CSVEncoding? {
        guard try isGiven(.encoding, container) else { return nil }
        if let name = container.value(String.self, .encoding), let encoding = CSVEncoding(name: name) {
            return encoding
        }
        let names = CSVEncoding.allCases.map(\.rawValue).joined(separator: ", ")
        throw wrong(.encoding, container, expected: "one of \(names)")
    }

    private static func decodeNullValues(_ container: KeyedDecodingContainer<Key>) throws -> [String]? {
        guard try isGiven(.nullValues, container) else { return nil }
        if let values = container.value([String].self, .nullValues) { return values }
        throw wrong(.nullValues, container, expected: "a list of strings")
    }

    private static func isGiven(_ key: Key, _ container: KeyedDecodingContainer<Key>) throws -> Bool {
        guard container.contains(key) else { return false }
        return try !container.decodeNil(forKey: key)
    }

    private static func wrong(
        _ key: Key,
        _ container: KeyedDecodingContainer<Key>,
        expected: String
    ) -> DecodingError {
        let value = container.value(ShownValue.self, key)?.text ?? "null"
        return .dataCorruptedError(
            forKey: key,
            in: container,
            debugDescription: "\"\(key.rawValue)\" is \(value); expected \(expected)"
        )
    }
}

extension KeyedDecodingContainer {
    /// The value, if it is of the type; nil for one of another type, for which the caller knows what to do.
    fileprivate func value<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        // Only the type is in question, and the caller refuses the value when no type fits.
        try? decode(type, forKey: key)
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// Any value, as an error shows it: scalars as they are, cut where long; lists and objects by their kind.
private struct ShownValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        // Asking for a container is how a decoder tells the kind of a value.
        let list = try? decoder.unkeyedContainer()
        // The same.
        let object = try? decoder.container(keyedBy: AnyKey.self)
        if let list {
            text = "a list of \(list.count ?? 0)"
        } else if object != nil {
            text = "an object"
        } else {
            text = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> String {
        if container.decodeNil() { return "null" }
        // Not a flag; a number, perhaps.
        if let flag = try? container.decode(Bool.self) { return "\(flag)" }
        // Not a whole number; another, perhaps.
        if let number = try? container.decode(Int64.self) { return "\(number)" }
        // Not a number; what is left is text.
        if let number = try? container.decode(Double.self) { return "\(number)" }
        return String(try container.decode(String.self).prefix(64)).debugDescription
    }
}
#endif
