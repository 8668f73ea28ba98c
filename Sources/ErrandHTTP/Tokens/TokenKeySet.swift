#if Server
import Errand
import FoundationEssentials
import JWTKit

/// The keys of one file or several, by the name that tokens give them.
struct TokenKeySet: Sendable {
    private let keys: [Name?: TokenKey]
    /// What was passed over, in sentences for the log.
    let warnings: [String]

    /// Reads each key from its file.
    init(files: [TokenOptions.KeyFile]) async throws(TokenKeyError) {
        var keys: [Name?: TokenKey] = [:]
        for file in files {
            let key = try await TokenKey(file)
            guard keys.updateValue(key, forKey: key.id.map { Name($0) }) == nil else {
                let name = file.id.map { "the kid \"\($0.quotable)\"" } ?? "no kid"
                throw TokenKeyError(
                    path: file.path,
                    problem: "is the second key with \(name); each needs one of its own"
                )
            }
        }
        (self.keys, warnings) = (keys, [])
    }

    /// Reads a JSON Web Key Set; its members that cannot be used are passed over with a warning.
    init(jwks path: String) async throws(TokenKeyError) {
        var keys: [Name?: TokenKey] = [:]
        var warnings: [String] = []
        for (index, member) in try Self.members(of: path).enumerated() {
            let key: TokenKey
            do throws(TokenKey.Unusable) { key = try await Self.key(member) } catch {
                warnings.append("keys[\(index)] of \(path) \(error.reason); it is passed over")
                continue
            }
            guard keys.updateValue(key, forKey: key.id.map { Name($0) }) == nil else {
                throw TokenKeyError(path: path, problem: "has two keys with the kid \"\((key.id ?? "").quotable)\"")
            }
        }
        if keys.isEmpty { warnings.append("\(path) has no key that can be used: no token is let in") }
        (self.keys, self.warnings) = (keys, warnings)
    }

    /// The key of a name, and no other in its place; nil names the key of tokens that name none.
    subscript(id: String?) -> TokenKey? { keys[id.map { Name($0) }] }

    /// Whether the key with a mark is still among them.
    func holds(mark: String) -> Bool { keys.values.contains { $0.mark == mark } }

    private static func members(of path: String) throws(TokenKeyError) -> [JSONText] {
        let content = try TokenKey.read(path)
        do {
            guard let keys = try JSONText(validating: content).object()["keys"] else {
                throw TokenKeyError(path: path, problem: "has no keys; expected a JSON Web Key Set, {\"keys\": [...]}")
            }
            return try keys.elements()
        } catch let error as TokenKeyError { throw error } catch {
            throw TokenKeyError(path: path, problem: "is no JSON Web Key Set: \(error)")
        }
    }

    private static func key(_ member: JSONText) async throws(TokenKey.Unusable) -> TokenKey {
        let jwk: JWK
        do {
            let members = try member.object()
            if let use = members["use"], use.stringValue != "sig" {
                throw TokenKey.Unusable(reason: "is not for signatures")
            }
            jwk = try JWK(json: member.string)
        } catch let error as TokenKey.Unusable { throw error } catch {
            throw TokenKey.Unusable(reason: "is no public key of a kind that signs tokens")
        }
        return try await TokenKey(jwk: jwk)
    }
}
#endif
