public import FoundationEssentials

/// Reads the links that an object store on this server makes: `/api/files/<token>`.
///
/// The token is the credential: it carries the key, the name and the expiry under a signature, so that whoever serves
/// it needs to know nothing else.
public protocol FileLinks: Sendable {
    /// Checks a link's token.
    ///
    /// - Parameters:
    ///   - token: The last part of the link's path.
    ///   - now: The wall clock, which decides whether the link has expired.
    /// - Returns: The key of the object, and the name a browser should save it under.
    /// - Throws: `invalid` for a token that was altered or is none, `expired` for one whose time is over.
    func open(_ token: String, at now: Date) throws(ObjectStoreError) -> (key: String, filename: String)
}
