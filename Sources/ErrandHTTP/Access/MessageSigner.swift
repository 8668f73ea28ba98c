#if Server
import Crypto
import Errand
import FoundationEssentials

/// Signs what clients are given to bring back, so that nothing of it has to be stored.
///
/// Each purpose has a key of its own: what was signed for one is nothing for another.
struct MessageSigner: Sendable {
    private let key: SymmetricKey

    init(secret: [UInt8], purpose: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret),
            info: Data("errand \(purpose) 1".utf8),
            outputByteCount: 32
        )
    }

    /// The signature of some bytes together with the words they belong to; 32 bytes.
    func signature(of bytes: Data, for words: [String]) -> Data {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: bytes)
        for word in words {
            // The length keeps ["a", "bc"] and ["ab", "c"] apart.
            mac.update(data: Data("\(word.utf8.count):\(word)".utf8))
        }
        return Data(mac.finalize())
    }
}

extension Scope {
    /// The scope in words that no other scope has.
    var words: [String] {
        switch self {
        case .system: ["system"]
        case .tenant(let id, nil): ["tenant", id.text]
        case .tenant(let id, let projects?): ["projects", id.text] + projects.sorted().map(\.text)
        }
    }
}
#endif
