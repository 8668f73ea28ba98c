public import FoundationEssentials

/// Where it is kept that a signed token must not be taken again, although its signature and its time are good.
///
/// A session that was logged out and a ticket that was used are such tokens. Nothing is kept of those that are merely
/// valid, and nothing for longer than they would have been.
public protocol SpentTokenStore: Sendable {
    /// Spends a token; of several calls with one identifier, in any process, one is the first.
    ///
    /// - Parameters:
    ///   - id: Names the token.
    ///   - until: When it would have ended by itself; it may be forgotten afterwards.
    /// - Returns: Whether it was not spent before.
    /// - Throws: `unavailable` when the store cannot say.
    func spend(token id: String, until: Date) async throws(JobStoreError) -> Bool

    /// Whether a token was spent and has not been forgotten.
    func isSpent(token id: String) async throws(JobStoreError) -> Bool
}
