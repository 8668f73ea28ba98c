#if Server
import Errand
import FoundationEssentials

/// Why a token is refused: for the log, never for whoever sent it.
struct TokenFault: Error, Equatable {
    let reason: String
}

/// A token taken apart, its signature not checked yet (RFC 7515, 7.1).
struct TokenParts {
    /// More bytes than any token has that travels in a header field.
    static let longest = 8 * 1024

    /// The algorithm that it says it is signed by.
    let algorithm: TokenAlgorithm
    /// The key that it says it is signed by.
    let keyId: String?
    let claims: JSONObject
    /// What the signature is of.
    let signed: Data
    let signature: Data

    init(_ text: String) throws(TokenFault) {
        let size = text.utf8.count
        guard size <= Self.longest else {
            throw TokenFault(reason: "it has \(size) bytes; at most \(Self.longest) are taken")
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw TokenFault(reason: "it has \(parts.count) parts; a signed token has 3") }
        let header = try Self.object(parts[0], "header")
        (algorithm, keyId) = try Self.read(header)
        claims = try Self.object(parts[1], "payload")
        guard let signature = Self.decode(parts[2]), !signature.isEmpty else {
            throw TokenFault(reason: "it has no signature in base64url")
        }
        self.signature = signature
        signed = Data(text.utf8[..<parts[1].endIndex])
    }

    private static func read(_ header: JSONObject) throws(TokenFault) -> (TokenAlgorithm, String?) {
        // What a critical member means is for those who know it (RFC 7515, 4.1.11), and nothing here does.
        guard header["crit"] == nil else { throw TokenFault(reason: "its header has crit") }
        if let type = header["typ"] {
            // A token for another purpose, such as `logout+jwt`, is no credential (RFC 8725, 3.11).
            let word = type.stringValue?.lowercased() ?? ""
            guard ["jwt", "at+jwt", "application/at+jwt"].contains(word) else {
                throw TokenFault(reason: "its typ is neither JWT nor at+jwt")
            }
        }
        guard let name = header["alg"]?.stringValue, let algorithm = TokenAlgorithm(rawValue: name) else {
            throw TokenFault(reason: "its alg is none that is taken")
        }
        guard let id = header["kid"] else { return (algorithm, nil) }
        guard let text = id.stringValue else { throw TokenFault(reason: "its kid is no text") }
        return (algorithm, text)
    }

    private static func object(_ part: Substring.UTF8View.SubSequence, _ name: String) throws(TokenFault) -> JSONObject
    {
        guard let bytes = decode(part) else { throw TokenFault(reason: "its \(name) is not base64url") }
        // Two members of one name are refused here: another reader could take the other one.
        do throws(JSONError) { return try JSONText(validating: bytes).object() } catch {
            throw TokenFault(reason: "its \(name) is no JSON object that has each member once")
        }
    }

    private static func decode(_ part: Substring.UTF8View.SubSequence) -> Data? {
        let text = String(decoding: part, as: UTF8.self)
        // Padding has no place in a token, although the decoder would take it.
        return text.utf8.contains(UInt8(ascii: "=")) ? nil : Base64URL.decode(text)
    }
}
#endif
