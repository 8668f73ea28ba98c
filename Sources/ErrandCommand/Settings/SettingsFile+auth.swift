#if Server
import Errand
import ErrandHTTP
import Yams

extension SettingsFile {
    private static let jwtKeys = [
        "issuer", "audience", "keys", "jwks", "tenantClaim", "scopesClaim", "projectsClaim", "leeway",
    ]

    /// Who is let in: `auth: keys`, or `auth: {mode: keys, jwt: ...}`, where tokens alone mean `keys` as well.
    func authMode() throws -> String? {
        guard let options = root[Node("auth")]?.mapping else { return try scalar("auth", in: root, of: "") }
        try refuseOthers(than: ["mode", "jwt"], in: options, of: "auth")
        return try scalar("mode", in: options, of: "auth") ?? "keys"
    }

    /// Which JSON Web Tokens are let in; nil when none are.
    func tokens() throws -> TokenOptions? {
        guard let auth = root[Node("auth")]?.mapping, let jwt = try mapping("jwt", in: auth, of: "auth") else {
            return nil
        }
        let key = "auth.jwt"
        try refuseOthers(than: Self.jwtKeys, in: jwt, of: key)
        var options = TokenOptions(
            issuer: try required("issuer", in: jwt, of: key, expected: "the text that tokens have as iss"),
            audience: try required("audience", in: jwt, of: key, expected: "the text that tokens have as aud"),
            keys: try tokenKeys(jwt, key)
        )
        options.tenantClaim = try scalar("tenantClaim", in: jwt, of: key) ?? options.tenantClaim
        options.scopesClaim = try scalar("scopesClaim", in: jwt, of: key) ?? options.scopesClaim
        options.projectsClaim = try scalar("projectsClaim", in: jwt, of: key) ?? options.projectsClaim
        options.leeway =
            try parsed("leeway", jwt, key, expected: "a time span from 0s to 60s") { text in
                DurationText(text).flatMap { $0.duration <= TokenOptions.longestLeeway ? $0.duration : nil }
            } ?? options.leeway
        return options
    }

    private func tokenKeys(_ jwt: Node.Mapping, _ key: String) throws -> TokenOptions.Keys {
        let (set, list) = (try scalar("jwks", in: jwt, of: key), jwt[Node("keys")])
        switch (set, list) {
        case (let path?, nil): return .set(path: path)
        case (nil, let list?): return .files(try keyFiles(list, "\(key).keys"))
        case (nil, nil): throw error(key, at: .mapping(jwt), "has neither keys nor jwks; one says what signs tokens")
        case (_?, let list?): throw error("\(key).keys", at: list, "stands beside jwks; leave one of them out")
        }
    }

    private func keyFiles(_ list: Node, _ key: String) throws -> [TokenOptions.KeyFile] {
        let expected = "[{file: FILE, algorithm: RS256, kid: NAME}, ...]"
        guard let nodes = list.sequence, !nodes.isEmpty else {
            throw error(key, at: list, "is \(list.shown); expected \(expected)")
        }
        return try nodes.enumerated().map { index, node in
            let place = "\(key)[\(index)]"
            guard let options = node.mapping else {
                throw error(place, at: node, "is \(node.shown); expected \(expected)")
            }
            try refuseOthers(than: ["file", "algorithm", "kid"], in: options, of: place)
            let names = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            let path = try required("file", in: options, of: place, expected: "a file")
            let algorithm = try parsed("algorithm", options, place, expected: "one of \(names)") {
                TokenAlgorithm(rawValue: $0)
            }
            guard let algorithm else {
                throw error("\(place).algorithm", at: node, "is missing; expected one of \(names)")
            }
            return TokenOptions.KeyFile(
                path: path,
                algorithm: algorithm,
                id: try scalar("kid", in: options, of: place)
            )
        }
    }

    private func required(
        _ name: String,
        in options: Node.Mapping,
        of key: String,
        expected: String
    ) throws -> String {
        guard let text = try scalar(name, in: options, of: key), !text.isEmpty else {
            throw error("\(key).\(name)", at: .mapping(options), "is missing; expected \(expected)")
        }
        return text
    }
}
#endif
