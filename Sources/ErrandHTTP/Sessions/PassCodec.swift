#if Server
import Errand
import FoundationEssentials

/// Signs passes, and knows its own again.
struct PassCodec: Sendable {
    private let signer: MessageSigner

    init(secret: [UInt8], purpose: String) { signer = MessageSigner(secret: secret, purpose: purpose) }

    /// A pass as text that may stand in a cookie or a query: its content and a signature, in base64url.
    func encode(_ pass: Pass, for words: [String] = []) -> String {
        var writer = JSONWriter()
        pass.write(to: &writer)
        let content = Data(writer.text.string.utf8)
        return Base64URL.encode(content) + "." + Base64URL.encode(signer.signature(of: content, for: words))
    }

    /// A pass that was signed here for the same words; nil for any other text.
    func decode(_ text: String, for words: [String] = []) -> Pass? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let content = Base64URL.decode(String(parts[0])),
            let signature = Base64URL.decode(String(parts[1])),
            ConstantTime.areEqual(signer.signature(of: content, for: words), signature)
        else { return nil }
        // The signature says that it was written here.
        return (try? JSONText(validating: content)).flatMap(Pass.init)
    }
}
#endif
