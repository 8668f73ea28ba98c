#if Server
public import FoundationEssentials

/// A session of a browser, as far as it is needed to see whether it is over.
public struct BrowserSession: Sendable, Hashable {
    /// Names it in the log, and where it is kept that it was logged out.
    public let id: String
    /// When it ends by itself.
    public let expiresAt: Date
}
#endif
