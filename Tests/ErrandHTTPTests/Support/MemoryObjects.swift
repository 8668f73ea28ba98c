#if Server
import Crypto
import Errand
import FoundationEssentials
import Synchronization

/// Files in memory, with links that name their key: `/api/files/<key in hexadecimal>.<seconds since 1970>`.
final class MemoryObjects: ObjectStore, FileLinks {
    let resultType = ResultType.url
    private let objects = Mutex<[String: [UInt8]]>([:])

    var keys: [String] { objects.withLock { $0.keys.sorted() } }

    func put(
        _ key: String,
        body: any AsyncSequence<[UInt8], any Error> & Sendable,
        limit: Int64
    ) async throws -> StoredObject {
        var bytes: [UInt8] = []
        for try await chunk in body {
            bytes += chunk
            guard bytes.count <= limit else { throw ObjectStoreError(.tooLarge, "more than \(limit) bytes came") }
        }
        let whole = bytes
        objects.withLock { $0[key] = whole }
        let digest = SHA256.hash(data: whole).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return StoredObject(size: Int64(whole.count), sha256: digest)
    }

    func get(_ key: String, range: Range<Int64>?) async throws -> ObjectBody {
        guard let bytes = objects.withLock({ $0[key] }) else { throw ObjectStoreError(.notFound, "no object \(key)") }
        let size = Int64(bytes.count)
        let wanted = (range ?? 0..<size).clamped(to: 0..<size)
        let part = Array(bytes[Int(wanted.lowerBound)..<Int(wanted.upperBound)])
        let (stream, source) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        if !part.isEmpty { source.yield(part) }
        source.finish()
        return ObjectBody(size: size, chunks: stream)
    }

    func delete(_ key: String) async throws { objects.withLock { $0[key] = nil } }

    func link(to key: String, filename: String, for lifetime: Duration) async throws -> String {
        "/api/files/\(Self.token(key, filename, expires: 4_000_000_000))"
    }

    static func token(_ key: String, _ filename: String, expires: Int) -> String {
        [key, filename].map { $0.utf8.map { String(256 + Int($0), radix: 16).dropFirst() }.joined() }
            .joined(separator: ".") + ".\(expires)"
    }

    func open(_ token: String, at now: Date) throws(ObjectStoreError) -> (key: String, filename: String) {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let expires = TimeInterval(parts[2]) else {
            throw ObjectStoreError(.invalid, "The link was altered.")
        }
        guard now.timeIntervalSince1970 < expires else { throw ObjectStoreError(.expired, "The link has expired.") }
        return (Self.text(parts[0]), Self.text(parts[1]))
    }

    private static func text(_ hexadecimal: Substring) -> String {
        var rest = hexadecimal
        var bytes: [UInt8] = []
        while let byte = UInt8(rest.prefix(2), radix: 16), !rest.isEmpty {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
#endif
