#if Server
import Crypto
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// The secret of an API key as its holder has it: `ek_<12 hexadecimal digits>_<43 of base64url>`.
///
/// The digits find the key; the rest are 256 random bits.
struct KeySecret: Sendable {
    /// More bytes than any credential has.
    static let longest = 256

    /// The whole text.
    let text: String
    /// What the key is found by.
    let prefix: String

    /// Makes a new one.
    init(random: inout some RandomNumberGenerator) {
        let digits = String(random.next() & 0xffff_ffff_ffff, radix: 16)
        prefix = String(repeating: "0", count: 12 - digits.count) + digits
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
        text = "ek_\(prefix)_\(Base64URL.encode(Data(bytes)))"
    }

    /// Reads one; nil for what cannot be a key.
    init?(_ text: String) {
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.longest, parts.count == 3, parts[0] == "ek", parts[1].utf8.count == 12,
            parts[1].utf8.allSatisfy({ Self.isHexadecimal($0) })
        else { return nil }
        self.text = text
        prefix = String(parts[1])
    }

    /// Whether a request shows something that looks like a key.
    static func isIn(_ request: Request) -> Bool {
        request.headers[.authorization]?.lowercased().hasPrefix("bearer ek_") ?? false
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// What is kept of it.
    var sha256: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 64) { buffer in
            for (index, byte) in SHA256.hash(data: Data(text.utf8)).enumerated() {
                buffer[2 * index] = digits[Int(byte >> 4)]
                buffer[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 64
        }
    }

    /// Whether it is the secret of a key, in a time that does not tell how much of it is right.
    func belongs(to key: APIKey) -> Bool {
        ConstantTime.areEqual(sha256.utf8, key.sha256.utf8)
    }
}
#endif
