#if Files
public import Errand
public import FoundationEssentials

/// Keeps objects as files in a folder; the default of an installation without a bucket.
///
/// An object is written under a name of its own, flushed, and renamed when it is whole, so a crash leaves the whole
/// object or none. What a crash left unfinished is deleted when the store is made. Downloads go through signed links
/// that ``open(_:at:)`` checks. Disk access happens on dispatch queues, never on Swift's own pool of threads.
public struct LocalObjectStore: ObjectStore {
    /// The longest a link may be valid: 7 days.
    public static let longestLink = Duration.seconds(7 * 86400)

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public var resultType: ResultType { .url }

    let folder: ObjectFolder
    let signer: LinkSigner
    private let clock: any JobClock
    private let remover: ObjectRemover
    /// 32 random bytes that belong to the folder: every process that works with it has the same.
    package let secret: [UInt8]

    /// Opens a folder, making it when it is missing, and deletes what a crash left there unfinished.
    ///
    /// - Parameters:
    ///   - folder: Its path; its parent must exist. Nothing else should be kept in it.
    ///   - clock: Tells when links expire.
    /// - Throws: `unavailable` when the folder cannot be made, opened or written.
    public init(folder: String, clock: any JobClock = SystemJobClock()) throws(ObjectStoreError) {
        try self.init(ObjectFolder(path: folder), clock: clock)
    }

    init(_ folder: ObjectFolder, clock: any JobClock) throws(ObjectStoreError) {
        self.folder = folder
        self.clock = clock
        secret = try folder.linkSecret()
        signer = LinkSigner(secret: secret)
        remover = ObjectRemover(in: folder)
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func put(
        _ key: String,
        body: any AsyncSequence<[UInt8], any Error> & Sendable,
        limit: Int64
    ) async throws -> StoredObject {
        let key = try ObjectKey(checking: key)
        let writer = ObjectWriter(in: folder)
        do {
            try await writer.start()
            for try await chunk in body { try await writer.append(chunk, limit: limit) }
            return try await writer.publish(as: key)
        } catch {
            // Why it failed matters more than that its leftover could not be deleted; the next start sweeps it.
            try? await writer.abandon()
            throw error
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func get(_ key: String, range: Range<Int64>?) async throws -> ObjectBody {
        let reader = ObjectReader(in: folder)
        let size = try await reader.open(ObjectKey(checking: key))
        let range = (range ?? 0..<size).clamped(to: 0..<size)
        return ObjectBody(size: size, chunks: ObjectChunks(reader: reader, range: range))
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func delete(_ key: String) async throws {
        try await remover.delete(ObjectKey(checking: key))
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func link(to key: String, filename: String, for lifetime: Duration) async throws -> String {
        let key = try ObjectKey(checking: key)
        guard lifetime > .zero, lifetime <= Self.longestLink else {
            throw ObjectStoreError(.invalid, "A link can be valid for up to 7 days, not for \(lifetime).")
        }
        let expiry = clock.now().wall.later(by: .seconds(lifetime.bounded.components.seconds))
        return "/api/files/\(signer.token(for: key, filename: filename, expiry: expiry))"
    }
}

extension LocalObjectStore: FileLinks {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func open(_ token: String, at now: Date) throws(ObjectStoreError) -> (key: String, filename: String) {
        try signer.open(token, at: now)
    }
}

/// Deletes objects one after another, away from Swift's own pool of threads.
private actor ObjectRemover {
    nonisolated private let executor = FileExecutor("errand.objects.delete")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let folder: ObjectFolder

    init(in folder: ObjectFolder) { self.folder = folder }

    func delete(_ key: ObjectKey) throws(ObjectStoreError) { try folder.delete(key) }
}

extension ObjectKey {
    init(checking text: String) throws(ObjectStoreError) {
        guard let key = ObjectKey(text) else {
            throw ObjectStoreError(.invalid, "\(text.debugDescription) is not a key that Errand makes.")
        }
        self = key
    }
}
#endif
