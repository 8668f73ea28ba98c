#if Files
import Errand

#if canImport(Darwin)
import Darwin  // For errno and open flags.
#elseif canImport(Glibc)
import Glibc  // For errno and open flags.
#endif

extension ObjectFolder {
    private static let secretName = ".link-secret"
    private static let secretLength = 32

    /// Reads the secret that signs links; makes it, readable by its owner only, when the folder is new.
    func linkSecret() throws(ObjectStoreError) -> [UInt8] {
        if let secret = try readSecret() { return secret }
        let incoming = try makeIncoming()
        var random = SystemRandomNumberGenerator()
        try incoming.file.write(
            (0..<Self.secretLength).map { _ in UInt8.random(in: 0...255, using: &random) },
            with: write
        )
        try incoming.file.synchronize("the link secret")
        try linkIncoming(incoming.name, as: Self.secretName)
        try removeIncoming(incoming.name)
        guard let secret = try readSecret() else {
            throw ObjectStoreError(.unavailable, "The link secret in \(path) vanished; start again.")
        }
        return secret
    }

    private func readSecret() throws(ObjectStoreError) -> [UInt8]? {
        let file: OwnedDescriptor
        do throws(ObjectStoreError) { file = try openTop(Self.secretName) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        let secret = try file.read(at: 0, count: Self.secretLength + 1)
        guard secret.count == Self.secretLength else {
            throw ObjectStoreError(
                .unavailable,
                "\(path)/\(Self.secretName) has \(secret.count) bytes instead of 32; delete it, which voids all links."
            )
        }
        return secret
    }
}
#endif
