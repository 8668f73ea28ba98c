public import FoundationEssentials

extension Webhook {
    /// The most bytes a URL may have.
    public static let urlBytes = 2048

    /// Refuses what no store could keep or what makes no sense; stores call it before they store anything.
    ///
    /// Whether the URL leads where it may is not asked here: that is for whoever sends to find out, each time anew.
    ///
    /// - Throws: `invalid`, with a pointer to the part.
    public func validate() throws(JobStoreError) {
        try Self.check(url: url, "/url")
        for secret in secrets { try secret.validate("/secret") }
    }

    static func check(url: String, _ pointer: String) throws(JobStoreError) {
        let bytes = url.utf8
        guard (1...urlBytes).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid("must be a URL of 1 to \(urlBytes) characters of ASCII without spaces", pointer)
        }
    }
}

extension Webhook.Secret {
    static let keyBytes = 24...64
    static let prefix = "whsec_"

    /// The key in it; nil where the text is no secret.
    public var key: Data? {
        guard text.hasPrefix(Self.prefix), let key = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
            Self.keyBytes.contains(key.count)
        else { return nil }
        return key
    }

    /// Makes a new one of 256 random bits.
    public init(random: inout some RandomNumberGenerator) {
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
        self.init(Self.prefix + Data(bytes).base64EncodedString())
    }

    func validate(_ pointer: String) throws(JobStoreError) {
        guard key == nil else { return }
        // The value is a secret, so the message does not repeat it.
        throw .invalid("must be whsec_ and the base64 of 24 to 64 bytes", pointer)
    }
}

extension JobWebhook {
    func validate(_ place: String) throws(JobStoreError) {
        try Webhook.check(url: url, "\(place)/url")
        try Webhook.Secret(secret).validate("\(place)/secret")
        guard !events.isEmpty else { throw .invalid("must name an event at least", "\(place)/events") }
    }
}
