// Looking for signs of ASCII in a text from outside. Swift's own ways go by characters: a quotation mark with an accent
// behind it is another character than a quotation mark, and "\r\n" holds no "\n". Whoever reads the text next, a
// database, a browser or a terminal, sees the sign all the same.

extension StringProtocol {
    /// Whether a sign of ASCII is in it.
    package func holds(_ sign: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: sign)) }

    /// The parts between signs of ASCII; empty ones are left out unless told otherwise.
    package func split(at sign: Unicode.Scalar, omittingEmptySubsequences: Bool = true) -> [Substring] {
        Substring(self).utf8
            .split(separator: UInt8(ascii: sign), omittingEmptySubsequences: omittingEmptySubsequences)
            .map { Substring($0) }
    }

    /// The same text with other texts in the place of some signs.
    package func escaped(_ escape: (Unicode.Scalar) -> String?) -> String {
        guard unicodeScalars.contains(where: { escape($0) != nil }) else { return String(self) }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if let other = escape(scalar) { text.append(contentsOf: other.unicodeScalars) } else { text.append(scalar) }
        }
        return String(text)
    }

    /// Whether its bytes are those of another text.
    package func isSpelt(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
