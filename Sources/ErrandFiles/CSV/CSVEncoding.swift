#if Files
/// The character encodings a CSV input can be in; the raw value is the IANA name.
public enum CSVEncoding: String, Sendable, Hashable, CaseIterable, Codable {
    /// UTF-8. Bytes that are not valid are a row error.
    case utf8 = "utf-8"
    /// ISO 8859-1: every byte is the Unicode scalar of the same number.
    case latin1 = "iso-8859-1"
    /// Windows-1252 as browsers read it: the five bytes it leaves undefined are C1 controls, so nothing is invalid.
    case windows1252 = "windows-1252"

    /// Finds an encoding by its IANA name or a usual alias (`utf8`, `latin1`, `latin-1`, `cp1252`).
    ///
    /// - Parameter name: The name, in any case.
    public init?(name: String) {
        switch name.lowercased() {
        case "utf-8", "utf8": self = .utf8
        case "iso-8859-1", "latin1", "latin-1": self = .latin1
        case "windows-1252", "cp1252": self = .windows1252
        default: return nil
        }
    }

    /// Makes text of bytes; under ``utf8`` each invalid sequence becomes U+FFFD.
    func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        switch self {
        case .utf8: String(decoding: bytes, as: UTF8.self)
        case .latin1: Self.decode(bytes) { Unicode.Scalar($0) }
        case .windows1252: Self.decode(bytes, Self.windows1252Scalar)
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, _ scalar: (UInt8) -> Unicode.Scalar) -> String {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return String(decoding: bytes, as: UTF8.self) }
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalar(byte)) }
        return String(text)
    }

    private static func windows1252Scalar(_ byte: UInt8) -> Unicode.Scalar {
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        return windows1252Block[Int(byte) - 0x80]
    }

    /// The scalars of bytes 0x80 to 0x9F, from the WHATWG Encoding Standard's index.
    private static let windows1252Block: [Unicode.Scalar] = [
        "\u{20AC}", "\u{81}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}",
        "\u{2C6}", "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{8D}", "\u{17D}", "\u{8F}",
        "\u{90}", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}",
        "\u{2DC}", "\u{2122}", "\u{161}", "\u{203A}", "\u{153}", "\u{9D}", "\u{17E}", "\u{178}",
    ]
}
#endif
