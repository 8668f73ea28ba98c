#if Files
import Errand

#if canImport(Darwin)
import Darwin  // For fstat of an open file.
#elseif canImport(Glibc)
import Glibc  // For fstat of an open file.
#endif

/// Reads one object, which stays readable while it is open even when it is deleted.
actor ObjectReader {
    nonisolated private let executor = FileExecutor("errand.objects.read")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let folder: ObjectFolder
    private var file: OwnedDescriptor?

    init(in folder: ObjectFolder) { self.folder = folder }

    /// Opens the object and tells its size.
    func open(_ key: ObjectKey) throws(ObjectStoreError) -> Int64 {
        let file = try folder.open(key)
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ObjectStoreError(.notFound, "There is no object \(key).")
        }
        self.file = consume file
        return Int64(status.st_size)
    }

    func read(at offset: Int64, count: Int) throws(ObjectStoreError) -> [UInt8] {
        try file?.read(at: offset, count: count) ?? []
    }
}

/// A part of an object as chunks of 128 KiB.
struct ObjectChunks: AsyncSequence, Sendable {
    static let length = 128 * 1024

    let reader: ObjectReader
    let range: Range<Int64>

    struct Iterator: AsyncIteratorProtocol {
        let reader: ObjectReader
        var rest: Range<Int64>

        mutating func next() async throws -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            try Task.checkCancellation()
            let wanted = Int(Swift.min(rest.upperBound - rest.lowerBound, Int64(ObjectChunks.length)))
            let chunk = try await reader.read(at: rest.lowerBound, count: wanted)
            guard !chunk.isEmpty else {
                throw ObjectStoreError(.unavailable, "The object ended at byte \(rest.lowerBound), before its size.")
            }
            rest = rest.lowerBound + Int64(chunk.count)..<rest.upperBound
            return chunk
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(reader: reader, rest: range) }
}
#endif
