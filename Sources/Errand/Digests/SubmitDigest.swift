/// The first half of a SHA-256: what a submit, or a request with several of them, comes to in a word.
package struct SubmitDigest: Sendable, Hashable {
    /// 32 hexadecimal digits.
    package let text: String

    /// Of bytes.
    package init(_ bytes: [UInt8]) {
        text = SHA256Hash.words(of: bytes).prefix(4).map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }
        .joined()
    }

    /// Of JSON, whatever way it is written.
    package init(_ text: JSONText) {
        var bytes: [UInt8] = []
        CanonicalJSON.append(text, to: &bytes)
        self.init(bytes)
    }

    /// One that was written before.
    init(text: some StringProtocol) { self.text = String(text) }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    package static func == (one: SubmitDigest, other: SubmitDigest) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }
}

/// By what a store knows that a submit has come before: digests of what was said and of what it came to.
///
/// Two submits are the same when either is. What was said stays the same when a type's defaults change; what it came to
/// stays the same when a default is written out. The text begins with the version of the rules.
package struct SubmitFingerprint: Sendable, Hashable {
    private static let version = "2:"

    /// Of what the submitter said, without what was filled in.
    package let said: SubmitDigest
    /// Of what it came to, with a type's defaults in it.
    package let meant: SubmitDigest

    /// Creates a fingerprint.
    package init(said: SubmitDigest, meant: SubmitDigest) { (self.said, self.meant) = (said, meant) }

    /// Reads a stored one; nil for one that was made by earlier rules.
    init?(_ text: String) {
        guard text.utf8.starts(with: Self.version.utf8) else { return nil }
        let parts = text.dropFirst(Self.version.count).split(separator: ":")
        guard let said = parts.first, let meant = parts.last else { return nil }
        self.init(said: SubmitDigest(text: said), meant: SubmitDigest(text: meant))
    }

    /// Of a request with several submits, in their order.
    ///
    /// - Parameters:
    ///   - parts: Those of the submits.
    ///   - note: What else the request says.
    package init(whole parts: [SubmitFingerprint], _ note: String) {
        func digest(_ digests: [SubmitDigest]) -> SubmitDigest {
            SubmitDigest(Array(([note, String(digests.count)] + digests.map(\.text)).joined(separator: "\n").utf8))
        }
        self.init(said: digest(parts.map(\.said)), meant: digest(parts.map(\.meant)))
    }

    /// What is stored.
    package var text: String { Self.version + (said == meant ? said.text : "\(said.text):\(meant.text)") }

    func isSame(as other: SubmitFingerprint) -> Bool { said == other.said || meant == other.meant }
}
