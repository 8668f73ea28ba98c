#if Server
import Errand

/// Shows JSON without what looks like a secret: values under names such as `password` or `apiKey`, at any depth.
///
/// A name says more about a value than the value does, and a submitter can choose it; what is secret and called
/// otherwise is shown.
enum Redaction {
    /// What stands in the place of a value.
    static let mark = "[redacted]"
    private static let words = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "privatekey", "accesskey", "authorization",
        "credential", "cookie", "session",
    ]

    /// The value as it may be shown: with nothing secret in it, just as it is spelt.
    static func redacted(_ json: JSONText) -> JSONText {
        guard hasSecret(json) else { return json }
        var writer = JSONWriter()
        write(json, to: &writer)
        return writer.text
    }

    private static func hasSecret(_ json: JSONText) -> Bool {
        switch json.kind {
        case .object:
            // What is stored is valid, and only an object has members.
            return ((try? json.object().members) ?? []).contains { name, value in
                isSecret(name) && !value.isNull || hasSecret(value)
            }
        // Likewise only an array has elements.
        case .array: return ((try? json.elements()) ?? []).contains(where: hasSecret)
        default: return false
        }
    }

    private static func write(_ json: JSONText, to writer: inout JSONWriter) {
        switch json.kind {
        case .object:
            // What is stored is valid, and only an object has members.
            let members = (try? json.object().members) ?? []
            writer.object { writer in for (name, value) in members { write(name, value, to: &writer) } }
        case .array:
            // Only an array has elements.
            let elements = (try? json.elements()) ?? []
            writer.array { writer in for element in elements { write(element, to: &writer) } }
        default: writer.value(json)
        }
    }

    private static func write(_ name: String, _ value: JSONText, to writer: inout JSONWriter) {
        if isSecret(name), !value.isNull {
            writer.member(name, mark)
        } else {
            writer.member(name) { write(value, to: &$0) }
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        // By bytes: an accent behind a word does not make it another.
        let plain = Array(name.lowercased().utf8.filter { !"_- ".utf8.contains($0) })
        return words.contains { word in
            plain.indices.contains { plain[$0...].starts(with: word.utf8) }
        }
    }
}
#endif
