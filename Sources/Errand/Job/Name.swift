/// What something is called that jobs are kept, claimed or shown by: a queue, a type, a tenant, a project, a unique
/// key, a worker, a dataset.
///
/// Two names are the same only where their UTF-8 bytes are, and they are sorted by their bytes. Swift's own strings are
/// the same in several spellings, so that `é` in one character equals `e` with an accent behind it; databases, file
/// systems and other languages tell them apart. With a type for names `==`, sets, dictionaries and `sorted()` cannot
/// mean anything but bytes.
///
/// A literal is a name where one is asked for; anything else is made one by ``init(_:)``, and shown by ``text``.
public struct Name: Sendable {
    /// The name as a string, to be shown, sent or stored; not to be compared.
    public let text: String

    /// Makes a name of a text; any text is one, and what a store takes is looked at where it is submitted.
    public init(_ text: String) {
        var text = text
        // Once, so that comparing and hashing find the bytes in one piece.
        text.makeContiguousUTF8()
        self.text = text
    }

    /// Makes a name of a part of a text.
    public init(_ text: Substring) { self.init(String(text)) }

    /// The bytes that names are compared by.
    public var utf8: String.UTF8View { text.utf8 }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { text.isEmpty }

    /// Whether its bytes begin with another's.
    public func hasPrefix(_ prefix: Name) -> Bool { text.utf8.starts(with: prefix.text.utf8) }
}

extension Name: Hashable, Comparable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public static func == (left: Name, right: Name) -> Bool {
        // The texts are in one piece, so that both lend their bytes.
        left.text.utf8.withContiguousStorageIfAvailable { left in
            right.text.utf8.withContiguousStorageIfAvailable { right in
                UnsafeRawBufferPointer(left).isEqual(to: UnsafeRawBufferPointer(right))
            } ?? false
        } ?? false
    }

    /// Orders names by their bytes, a beginning before what goes on.
    public static func < (left: Name, right: Name) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func hash(into hasher: inout Hasher) {
        text.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // Ends the name, so that moving a byte from one to the next makes a difference.
        hasher.combine(0xFF as UInt8)
    }
}

extension UnsafeRawBufferPointer {
    /// Compares eight bytes at a time, as names are compared for every job.
    fileprivate func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while offset + 8 <= count {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard word == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset += 8
        }
        while offset < count {
            guard self[offset] == other[offset] else { return false }
            offset += 1
        }
        return true
    }
}

extension Name: ExpressibleByStringInterpolation {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public init(stringLiteral text: String) { self.init(text) }
}

extension Name: CustomStringConvertible {
    /// The same as ``text``.
    public var description: String { text }
}

extension Name: Codable {
    /// Reads a string.
    public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension JSONWriter {
    /// Writes a member that is a name; nil as `null`.
    public mutating func member(_ name: String, _ value: Name?) { member(name, value?.text) }

    /// Writes a member that is a name, where there is one.
    public mutating func memberIfPresent(_ name: String, _ value: Name?) { memberIfPresent(name, value?.text) }

    /// Writes a member that is a list of names.
    package mutating func member(_ name: String, _ values: [Name]) { member(name, values.map(\.text)) }
}

extension JSONText {
    /// The value as a name, where it is a string.
    package var nameValue: Name? { stringValue.map { Name($0) } }
}
