#if Files
import Crypto
import Errand
import FoundationEssentials

/// Makes and checks the tokens of download links: a key, a file name and an expiry under an HMAC-SHA256.
///
/// The token is base64url of `expiry (8 bytes of milliseconds) | key length (2 bytes) | key | file name | HMAC (32
/// bytes)`.
struct LinkSigner: Sendable {
    private static let macLength = 32

    private let secret: SymmetricKey

    init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    func token(for key: ObjectKey, filename: String, expiry: Date) -> String {
        let key = Array(key.description.utf8)
        var bytes = Self.bigEndian(UInt64(bitPattern: expiry.milliseconds), count: 8)
        bytes += Self.bigEndian(UInt64(key.count), count: 2) + key + Array(filename.utf8)
        bytes += Array(HMAC<SHA256>.authenticationCode(for: bytes, using: secret))
        return Base64URL.encode(bytes)
    }

    /// What a token stands for; the HMAC is compared in constant time before anything in it is believed.
    func open(_ token: String, at now: Date) throws(ObjectStoreError) -> (key: String, filename: String) {
        guard let bytes = Base64URL.decode(token), bytes.count > Self.macLength + 10,
            HMAC<SHA256>.isValidAuthenticationCode(
                bytes.suffix(Self.macLength),
                authenticating: bytes.dropLast(Self.macLength),
                using: secret
            )
        else { throw ObjectStoreError(.invalid, "The link was altered or cut; ask for a new one.") }
        let keyLength = Int(bytes[8]) << 8 | Int(bytes[9])
        let content = bytes[10..<bytes.count - Self.macLength]
        let expiry = bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard now.milliseconds < Int64(bitPattern: expiry) else {
            throw ObjectStoreError(.expired, "The link has expired; ask for a new one.")
        }
        return (
            String(decoding: content.prefix(keyLength), as: UTF8.self),
            String(decoding: content.dropFirst(keyLength), as: UTF8.self)
        )
    }

    private static func bigEndian(_ value: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - $0) * 8)) }
    }
}

/// Base 64 with the URL's alphabet and no padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        let text = Data(bytes).base64EncodedString()
        return String(
            text.compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            }
        )
    }

    /// The bytes of the one spelling that ``encode(_:)`` makes; nil for every other text.
    static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") }) else { return nil }
        var padded = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        while padded.count % 4 != 0 { padded.append("=") }
        guard let data = Data(base64Encoded: String(padded)) else { return nil }
        let bytes = Array(data)
        // Unused bits of the last digit could be set without changing the bytes: one token, one spelling.
        return encode(bytes) == text ? bytes : nil
    }
}
#endif
