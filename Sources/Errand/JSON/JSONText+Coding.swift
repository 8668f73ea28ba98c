import FoundationEssentials

extension JSONText {
    /// The JSON of a value, dates as RFC 3339 with milliseconds.
    ///
    /// It throws what the value's `encode(to:)` throws, and a ``JSONError`` for what no store keeps, such as U+0000.
    public static func encode(_ value: some Encodable, limits: JSONLimits = .init()) throws -> JSONText {
        try JSONText(validating: encoder.encode(value), limits: limits)
    }

    /// The value the JSON stands for, dates read as RFC 3339.
    public func decode<Value: Decodable>(as type: Value.Type) throws -> Value {
        try Self.decoder.decode(type, from: Data(string.utf8))
    }

    // Both are safe to share: they are only read once they are set up.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Foundation's own strategy drops milliseconds when it writes.
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.format(date))
        }
        return encoder
    }()

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let string = try container.decode(String.self)
            guard let date = RFC3339.parse(string) else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "not an RFC 3339 time: \(string)"
                )
            }
            return date
        }
        return decoder
    }()
}
