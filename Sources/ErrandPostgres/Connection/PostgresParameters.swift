#if Postgres
import Errand

/// One parameter of a statement; the statement's text says its type, as in `$1::bigint[]`.
enum PostgresValue: Equatable {
    case null
    case int(Int64)
    case bool(Bool)
    case text(String)
    case ints([Int64?])
    case bools([Bool])
    case texts([String?])

    static func int(_ value: Int64?) -> PostgresValue { value.map { .int($0) } ?? .null }
    static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    static func text(_ value: Name?) -> PostgresValue { .text(value?.text) }
    static func texts(_ values: [Name]) -> PostgresValue { .texts(values.map(\.text)) }
    static func texts(_ values: [Name?]) -> PostgresValue { .texts(values.map { $0?.text }) }
    static func id(_ id: JobID) -> PostgresValue { .text(id.description) }
    static func ids(_ ids: [JobID]) -> PostgresValue { .texts(ids.map(\.description)) }

    /// One value as SQL writes it.
    var literal: String {
        switch self {
        case .int(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .text(let value): "'\(value.doubling("'"))'"
        case .null, .ints, .bools, .texts: "NULL"
        }
    }
}

/// Parameters in libpq's text form: one buffer of bytes, each value with a NUL behind it.
struct PostgresParameters {
    fileprivate private(set) var bytes: [UInt8] = []
    private var starts: [Int?] = []

    fileprivate init() {}

    /// Writes the values down; a NUL in a text is refused, as libpq would silently cut the text there.
    init(_ values: [PostgresValue]) throws(JobStoreError) {
        starts.reserveCapacity(values.count)
        for value in values {
            if case .null = value {
                starts.append(nil)
                continue
            }
            let start = bytes.count
            starts.append(start)
            append(value)
            guard !bytes[start...].contains(0) else {
                throw JobStoreError(.invalid, "A text holds a NUL character, which PostgreSQL cannot keep.")
            }
            bytes.append(0)
        }
    }

    /// Lends the pointers that libpq takes.
    func withPointers<Value>(_ body: ([UnsafePointer<CChar>?]) -> Value) -> Value {
        bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            return body(starts.map { start in start.flatMap { base?.advanced(by: $0) } })
        }
    }

    fileprivate mutating func append(_ value: PostgresValue) {
        switch value {
        case .null: break
        case .int(let value): append(value)
        case .bool(let value): append(value)
        case .text(let value): bytes.append(contentsOf: value.utf8)
        case .ints(let values): appendArray(values) { $0.append($1) }
        case .bools(let values): appendArray(values) { $0.append($1) }
        case .texts(let values): appendArray(values) { $0.appendQuoted($1) }
        }
    }

    private mutating func append(_ value: Int64) { bytes.append(contentsOf: String(value).utf8) }

    private mutating func append(_ value: Bool) { bytes.append(UInt8(ascii: value ? "t" : "f")) }

    private mutating func appendArray<Element>(
        _ values: [Element?],
        _ append: (inout PostgresParameters, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: "{"))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let value { append(&self, value) } else { bytes.append(contentsOf: "NULL".utf8) }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension String {
    /// The text with every such sign in it twice.
    ///
    /// Scalar by scalar: a sign with an accent behind it is another character to Swift, and the same sign to SQL.
    func doubling(_ sign: Unicode.Scalar) -> String {
        String(String.UnicodeScalarView(unicodeScalars.flatMap { $0 == sign ? [$0, $0] : [$0] }))
    }
}

extension [String] {
    /// The array as PostgreSQL writes it, for a text that is cast to an array there.
    var postgresArray: String {
        var parameters = PostgresParameters()
        parameters.append(.texts(self))
        return String(decoding: parameters.bytes, as: UTF8.self)
    }
}
#endif
