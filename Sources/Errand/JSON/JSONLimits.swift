/// How large and how deeply nested a JSON text may be.
public struct JSONLimits: Sendable, Hashable {
    /// The depth no limit can go beyond, because the scanner recurses once per level.
    public static let deepest = 512

    /// The most UTF-8 bytes the text may have.
    public var maximumBytes: Int

    /// The most objects and arrays that may be open at once; values above ``deepest`` count as ``deepest``.
    public var maximumDepth: Int

    /// Creates limits; by default any size and the depth every store keeps.
    public init(maximumBytes: Int = .max, maximumDepth: Int = 64) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
    }
}
