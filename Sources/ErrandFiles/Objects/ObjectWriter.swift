#if Files
import Crypto
import Errand

/// Writes one object: to a name of its own first, to its key when it is whole.
actor ObjectWriter {
    nonisolated private let executor = FileExecutor("errand.objects.write")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let folder: ObjectFolder
    private var incoming: IncomingFile?
    private var hash = SHA256()
    private var size: Int64 = 0

    init(in folder: ObjectFolder) { self.folder = folder }

    func start() throws(ObjectStoreError) { incoming = try folder.makeIncoming() }

    func append(_ chunk: [UInt8], limit: Int64) throws(ObjectStoreError) {
        guard size + Int64(chunk.count) <= limit else {
            throw ObjectStoreError(.tooLarge, "The content is longer than the \(limit) bytes allowed here.")
        }
        try incoming?.file.write(chunk, with: folder.write)
        hash.update(data: chunk)
        size += Int64(chunk.count)
    }

    /// Makes the content last, then the name: after a crash there is the whole object or none.
    func publish(as key: ObjectKey) throws(ObjectStoreError) -> StoredObject {
        try incoming?.file.synchronize("\(key)")
        if let name = incoming?.name { try folder.publish(name, as: key) }
        incoming = nil
        return StoredObject(size: size, sha256: hash.finalize().hexadecimal)
    }

    /// Forgets an object that did not become whole.
    func abandon() throws(ObjectStoreError) {
        if let name = incoming?.name { try folder.removeIncoming(name) }
        incoming = nil
    }
}

extension Digest {
    /// The digest in lowercase hexadecimal.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }, as: UTF8.self)
    }
}
#endif
