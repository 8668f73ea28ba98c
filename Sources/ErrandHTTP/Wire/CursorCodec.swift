#if Server
import FoundationEssentials

/// Makes and checks cursors: a place in a list, signed together with the list it belongs to.
///
/// A cursor grants nothing: the scope is checked again with every page.
struct CursorCodec: Sendable {
    private static let signatureLength = 16

    private let signer: MessageSigner

    init(secret: [UInt8]) { signer = MessageSigner(secret: secret, purpose: "cursor") }

    /// Makes a cursor for a list, named by its tenant, filters and order; another list refuses it.
    func encode(_ position: Int64, list: [String]) -> String {
        let place = withUnsafeBytes(of: position.bigEndian) { Data($0) }
        return Base64URL.encode(place + signature(place, list))
    }

    func decode(_ text: String, list: [String]) throws(Problem) -> Int64 {
        guard text.utf8.count == 32, let data = Base64URL.decode(text), data.count == 8 + Self.signatureLength else {
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
        signer.signature(of: place, for: list).prefix(Self.signatureLength)
    }
}
#endif
