/// Valid JSON, kept as the exact text it came as.
///
/// The spelling of numbers, the order of members and whitespace survive. What one store could not keep is refused when
/// the value is made: duplicate member names, U+0000, lone surrogates, bytes that are not UTF-8, and too much of either
/// size or depth. Two values are equal when their bytes are.
public struct JSONText: Sendable {
    /// The text, in native UTF-8.
    public let string: String

    /// The object without members, `{}`.
    public static let emptyObject = JSONText(trusted: "{}")

    /// The literal `null`.
    public static let null = JSONText(trusted: "null")

    /// Checks a text.
    public init(validating string: String, limits: JSONLimits = .init()) throws(JSONError) {
        var string = string
        let refusal = string.withUTF8 { JSONScanner.refusal(of: $0, limits: limits) }
        if let refusal { throw refusal }
        self.string = string
    }

    /// Checks bytes that should be UTF-8.
    public init(validating bytes: some Collection<UInt8>, limits: JSONLimits = .init()) throws(JSONError) {
        let checked =
            bytes.withContiguousStorageIfAvailable { Self.check($0, limits: limits) }
            ?? Array(bytes).withUnsafeBufferPointer { Self.check($0, limits: limits) }
        string = try checked.get()
    }

    /// Takes a text back from a store, which only holds validated text.
    package init(trusted string: String) {
        self.string = string
    }

    private static func check(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) -> Result<String, JSONError> {
        if let refusal = JSONScanner.refusal(of: bytes, limits: limits) { return .failure(refusal) }
        return .success(String(decoding: bytes, as: UTF8.self))
    }

    /// The number of bytes of the text.
    public var utf8Count: Int { string.utf8.count }

    /// The same value without line breaks, for formats such as server-sent events where a line is a record.
    ///
    /// JSON can have them only between tokens, so a space does as well.
    public var onOneLine: JSONText {
        guard string.utf8.contains(where: { $0 == ASCII.newline || $0 == ASCII.carriageReturn }) else { return self }
        let bytes = string.utf8.map { $0 == ASCII.newline || $0 == ASCII.carriageReturn ? ASCII.space : $0 }
        return JSONText(trusted: String(decoding: bytes, as: UTF8.self))
    }
}

extension JSONText: Hashable {
    /// Compares bytes: `==` on strings would call differently composed characters equal.
    public static func == (one: JSONText, other: JSONText) -> Bool {
        one.string.utf8.elementsEqual(other.string.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension JSONText: CustomStringConvertible {
    /// The text.
    public var description: String { string }
}
