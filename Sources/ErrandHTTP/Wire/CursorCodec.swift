#if Server
import Crypto
import FoundationEssentials

/// Makes and checks cursors: a place in a list, signed together with the list it belongs to.
///
/// A cursor grants nothing: the scope is checked again with every page.
struct CursorCodec: Sendable {
    private let key: SymmetricKey

    init(secret: [UInt8]) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret),
            info: Data("errand cursor 1".utf8),
            outputByteCount: 32
        )
    }

    /// Makes a cursor for a list, named by its tenant, filters and order; another list refuses it.
    func encode(_ position: Int64, list: [String]) -> String {
        let place = withUnsafeBytes(of: position.bigEndian) { Data($0) }
        return (place + signature(place, list)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_")
    }

    func decode(_ text: String, list: [String]) throws(Problem) -> Int64 {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        guard text.utf8.count == 32, let data = Data(base64Encoded: base64), data.count == 24 else {
            throw .parameter("cursor", "invalid", "The cursor is not one of this server's; start without one.")
        }
        let place = data.prefix(8)
        guard ConstantTime.areEqual(signature(place, list), data.dropFirst(8)) else {
            throw .parameter(
                "cursor",
                "foreign",
                "The cursor belongs to another list or server; it must come with the filters it was given with."
            )
        }
        return place.reduce(0) { $0 << 8 | Int64($1) }
    }

    private func signature(_ place: Data, _ list: [String]) -> Data {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: place)
        for word in list {
            // The length keeps ["a", "bc"] and ["ab", "c"] apart.
            mac.update(data: Data("\(word.utf8.count):\(word)".utf8))
        }
        return Data(mac.finalize()).prefix(16)
    }
}
#endif
