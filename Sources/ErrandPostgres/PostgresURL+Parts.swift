#if Postgres
import Errand

extension PostgresURL {
    /// A URL taken apart the way libpq does it, but stricter.
    ///
    /// What libpq would read as something else, and then show in an error, is refused: an `@` or `/` in a password that
    /// is not percent-encoded makes a part of it the host.
    struct Parts {
        /// All before the query.
        let base: String
        /// The query's items as they were written.
        let items: [Substring]
        private let scheme: Substring
        private let credentials: Substring?
        private let place: Substring

        init(_ text: String) throws(JobStoreError) {
            guard let start = ["postgres://", "postgresql://"].first(where: text.hasPrefix) else {
                throw .wrongURL("It does not start with postgres:// or postgresql://.")
            }
            scheme = text.prefix(start.count)
            var rest = text.dropFirst(start.count)
            if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" {
                credentials = rest[..<end]
                rest = rest[rest.index(after: end)...]
            } else {
                credentials = nil
            }
            place = rest.prefix { $0 != "?" }
            guard !place.contains("@") else {
                throw .wrongURL("There is an @ too many: in a name or password write @ as %40, / as %2F, : as %3A.")
            }
            base = String(text[..<place.endIndex])
            items = rest[place.endIndex...].dropFirst().split(separator: "&")
            guard Self.isEncoded(text) else {
                throw .wrongURL("A % in it is not followed by two hexadecimal digits, or they are 00; write % as %25.")
            }
        }

        /// libpq repeats the text in which a percent sign is wrong, and that may be a password.
        private static func isEncoded(_ text: String) -> Bool {
            text.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { part in
                let digits = part.utf8.prefix(2)
                return digits.count == 2 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
                    && !part.hasPrefix("00")
            }
        }

        /// A value without its percent signs.
        func decoded(_ value: Substring) throws(JobStoreError) -> String {
            var bytes: [UInt8] = []
            var rest = value.utf8[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .wrongURL("What is percent-encoded in it is not UTF-8.")
            }
            return text
        }

        var hasPassword: Bool {
            credentials?.contains(":") == true || items.contains { $0.lowercased().hasPrefix("password=") }
        }

        /// Names of items that say who, where or how; all others stay out, as some hold secrets.
        private static let shownNames: Set<Substring> = [
            "user", "host", "hostaddr", "port", "dbname", "service", "sslmode", "target_session_attrs",
            "schema", "connections", "pooler",
        ]

        var shown: String {
            let user = credentials.map { $0.prefix { $0 != ":" } + "@" } ?? ""
            let shown = items.filter { Self.shownNames.contains($0.prefix { $0 != "=" }) }
            return scheme + user + place + (shown.isEmpty ? "" : "?" + shown.joined(separator: "&"))
        }
    }
}
#endif
