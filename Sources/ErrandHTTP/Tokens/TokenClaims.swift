#if Server
import Errand
import FoundationEssentials

/// Reads what a token says of its bearer, once its signature is known to be good.
struct TokenClaims {
    let options: TokenOptions
    let claims: JSONObject

    /// The bearer.
    ///
    /// - Parameters:
    ///   - key: The mark of the key that signed the token.
    ///   - now: The wall clock.
    /// - Returns: Who it is, where and for what.
    /// - Throws: ``TokenFault`` for a token of somebody else, for somebody else, of another time, or that names no one.
    func principal(signedBy key: String, at now: Date) throws(TokenFault) -> Principal {
        try checkParties()
        let end = try checkTimes(now)
        // Bound to a key that the sender would have to prove it has (RFC 7800): not for whoever bears it.
        guard claims["cnf"] == nil else { throw TokenFault(reason: "it has cnf, and is no bearer's token") }
        let subject = try name("sub")
        let projects = try words(options.projectsClaim, splitting: false).map { Set($0.map { Name($0) }) }
        let scopes = try words(options.scopesClaim, splitting: true) ?? []
        return Principal(
            credential: .token(subject: subject, signedBy: key),
            name: claims["name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0.cut(toBytes: JobLimits.nameBytes) },
            expiresAt: end,
            scope: .tenant(Name(try name(options.tenantClaim)), projects: projects),
            scopes: Set(scopes.compactMap { AccessScope(rawValue: $0) })
        )
    }

    private func checkParties() throws(TokenFault) {
        guard claims["iss"]?.nameValue == Name(options.issuer) else {
            throw TokenFault(reason: "its iss is another one")
        }
        let audience = try words("aud", splitting: false) ?? []
        guard audience.map({ Name($0) }).contains(Name(options.audience)) else {
            throw TokenFault(reason: "its aud is for others")
        }
    }

    /// Checks that it is its time, and answers when it ends.
    private func checkTimes(_ now: Date) throws(TokenFault) -> Date {
        let leeway = options.leeway.seconds
        let (end, start) = (try time("exp"), try time("nbf"))
        guard end + leeway > now else { throw TokenFault(reason: "its exp has passed") }
        guard start - leeway <= now else { throw TokenFault(reason: "its nbf has not come") }
        return end
    }

    private func time(_ claim: String) throws(TokenFault) -> Date {
        guard let seconds = claims[claim]?.doubleValue else {
            throw TokenFault(reason: "its \(claim) is missing or no time")
        }
        do throws(MomentOutOfRange) { return try Moment(Date(timeIntervalSince1970: seconds)).date } catch {
            throw TokenFault(reason: "its \(claim) is missing or no time")
        }
    }

    private func name(_ claim: String) throws(TokenFault) -> String {
        guard let text = claims[claim]?.stringValue, (1...JobLimits.nameBytes).contains(text.utf8.count) else {
            throw TokenFault(reason: "its \(claim) is missing, or no text of 1 to \(JobLimits.nameBytes) bytes")
        }
        return text
    }

    /// The texts of a claim that is one text or an array of them; nil when it is absent.
    private func words(_ claim: String, splitting: Bool) throws(TokenFault) -> [String]? {
        guard let value = claims[claim] else { return nil }
        if let text = value.stringValue {
            return splitting ? text.split(separator: " ").map(String.init) : [text]
        }
        // Only an array has elements; anything else is refused.
        guard let elements = try? value.elements() else {
            throw TokenFault(reason: "its \(claim) is neither a text nor an array of texts")
        }
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else {
            throw TokenFault(reason: "its \(claim) has an element that is no text")
        }
        return texts
    }
}
#endif
