#if Files
import Errand
import ErrandFiles
import FoundationEssentials
import Testing

/// One behaviour every `ObjectStore` must have; a store is done when it passes all of them.
struct ObjectStoreCheck: Sendable, CustomTestStringConvertible {
    let name: String
    let run: @Sendable (any ObjectStore) async throws -> Void
    var testDescription: String { name }

    static let all = storing + reading + refusing
}

extension ObjectStoreCheck {
    static func newKey(tenant: Name? = "t1") -> String {
        let id = JobIDGenerator().next(at: Date())
        return ObjectKey.upload(tenantId: tenant, id: id).description
    }

    static func read(_ body: ObjectBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body.chunks { bytes += chunk }
        return bytes
    }

    static func expect(_ code: ObjectStoreError.Code, _ operation: () async throws -> Void) async throws {
        let error = try #require(await #expect(throws: ObjectStoreError.self) { try await operation() })
        #expect(error.code == code, "\(error)")
    }

    static func put(_ bytes: [UInt8], to key: String, in store: any ObjectStore) async throws {
        _ = try await store.put(key, body: ByteChunks(bytes), limit: .max)
    }
}

extension ObjectStoreCheck {
    static let storing: [ObjectStoreCheck] = [
        ObjectStoreCheck(name: "a stored object has its size and SHA-256") { store in
            let stored = try await store.put(newKey(), body: ByteChunks(Array("abc".utf8)), limit: 3)
            #expect(stored.size == 3)
            #expect(stored.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        },
        ObjectStoreCheck(name: "an empty object is an object") { store in
            let key = newKey()
            let stored = try await store.put(key, body: ByteChunks([]), limit: 0)
            #expect(stored.size == 0)
            let body = try await store.get(key, range: nil)
            #expect(body.size == 0)
            #expect(try await read(body) == [])
        },
        ObjectStoreCheck(name: "a large object comes back byte for byte") { store in
            let key = newKey()
            let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            _ = try await store.put(key, body: ByteChunks(bytes, by: 77_777), limit: .max)
            #expect(try await read(store.get(key, range: nil)) == bytes)
        },
        ObjectStoreCheck(name: "a second put replaces the object") { store in
            let key = newKey()
            try await put([1, 2, 3], to: key, in: store)
            try await put([4], to: key, in: store)
            #expect(try await read(store.get(key, range: nil)) == [4])
        },
        ObjectStoreCheck(name: "an object in reading stays whole when it is deleted or replaced") { store in
            let key = newKey()
            try await put([1, 2, 3], to: key, in: store)
            let body = try await store.get(key, range: nil)
            try await store.delete(key)
            #expect(try await read(body) == [1, 2, 3])
        },
    ]

    static let reading: [ObjectStoreCheck] = [
        ObjectStoreCheck(name: "a range gives its part and the whole size") { store in
            let key = newKey()
            try await put(Array(0..<100), to: key, in: store)
            let body = try await store.get(key, range: 10..<13)
            #expect(body.size == 100)
            #expect(try await read(body) == [10, 11, 12])
        },
        ObjectStoreCheck(name: "a range is cut to the object") { store in
            let key = newKey()
            try await put(Array(0..<10), to: key, in: store)
            #expect(try await read(store.get(key, range: 8..<1000)) == [8, 9])
            #expect(try await read(store.get(key, range: 10..<20)) == [])
        },
        ObjectStoreCheck(name: "a missing object is not found, and deleting it is no error") { store in
            let key = newKey()
            try await expect(.notFound) { _ = try await store.get(key, range: nil) }
            try await store.delete(key)
        },
        ObjectStoreCheck(name: "a deleted object is gone") { store in
            let key = newKey()
            try await put([1], to: key, in: store)
            try await store.delete(key)
            try await expect(.notFound) { _ = try await store.get(key, range: nil) }
        },
    ]

    static let refusing: [ObjectStoreCheck] = [
        ObjectStoreCheck(name: "a body beyond the limit stores nothing") { store in
            let key = newKey()
            try await expect(.tooLarge) {
                _ = try await store.put(key, body: ByteChunks([UInt8](repeating: 0, count: 11), by: 5), limit: 10)
            }
            try await expect(.notFound) { _ = try await store.get(key, range: nil) }
        },
        ObjectStoreCheck(name: "a body that fails stores nothing and its error comes out") { store in
            let key = newKey()
            await #expect(throws: BrokenBody.self) {
                _ = try await store.put(key, body: ByteChunks([1, 2], failure: BrokenBody()), limit: .max)
            }
            try await expect(.notFound) { _ = try await store.get(key, range: nil) }
        },
        ObjectStoreCheck(name: "a failed put leaves the object that was there") { store in
            let key = newKey()
            try await put([7], to: key, in: store)
            try await expect(.tooLarge) { _ = try await store.put(key, body: ByteChunks([1, 2]), limit: 1) }
            #expect(try await read(store.get(key, range: nil)) == [7])
        },
        ObjectStoreCheck(name: "a link is for up to seven days") { store in
            let key = newKey()
            try await put([1], to: key, in: store)
            #expect(try await !store.link(to: key, filename: "a.csv", for: .seconds(7 * 86400)).isEmpty)
            try await expect(.invalid) {
                _ = try await store.link(to: key, filename: "a.csv", for: .seconds(7 * 86400 + 1))
            }
            try await expect(.invalid) { _ = try await store.link(to: key, filename: "a.csv", for: .zero) }
        },
        ObjectStoreCheck(name: "a link keeps the file's name, whatever it is") { store in
            let key = newKey()
            try await put([1], to: key, in: store)
            _ = try await store.link(to: key, filename: "../\"é\n.csv", for: .seconds(1))
        },
    ]
}

/// What a body throws that breaks off.
struct BrokenBody: Error {}

/// Bytes as a body of chunks, which may break off at the end.
struct ByteChunks: AsyncSequence, Sendable {
    typealias Failure = any Error
    let chunks: [[UInt8]]
    let failure: BrokenBody?

    init(_ bytes: [UInt8], by length: Int = 1 << 16, failure: BrokenBody? = nil) {
        chunks = stride(from: 0, to: bytes.count, by: length).map {
            Array(bytes[$0..<Swift.min($0 + length, bytes.count)])
        }
        self.failure = failure
    }

    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<[UInt8]>
        let failure: BrokenBody?

        mutating func next() async throws -> [UInt8]? {
            if rest.isEmpty, let failure { throw failure }
            return rest.popFirst()
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(rest: chunks[...], failure: failure) }
}
#endif
