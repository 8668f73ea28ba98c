#if Files
import Errand

#if canImport(Darwin)
import Darwin  // For openat and renameat: Foundation follows links.
#elseif canImport(Glibc)
import Glibc  // For openat and renameat: Foundation follows links.
#endif

/// The folder of a local store; every object is reached from its descriptor, one name at a time.
///
/// Walking with `O_NOFOLLOW` means that a symbolic link somebody planted below is refused instead of followed out. All
/// methods wait for the disk: they belong on a ``FileExecutor``.
final class ObjectFolder: Sendable {
    static let incoming = ".incoming"

    let path: String
    private let descriptor: OwnedDescriptor
    let write: FileWrite

    init(
        path: String,
        write: @escaping FileWrite = { systemWrite($0, $1.baseAddress, $1.count) }
    ) throws(ObjectStoreError) {
        self.path = path
        self.write = write
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw ObjectStoreError(
                .unavailable,
                "Could not make the folder \(path): \(String(cString: strerror(errno)))."
            )
        }
        // The folder itself may be a link that the operator made; only what is below it is ours.
        let raw = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else {
            throw ObjectStoreError(
                .unavailable,
                "Could not open the folder \(path): \(String(cString: strerror(errno)))."
            )
        }
        descriptor = OwnedDescriptor(raw: raw)
        _ = mkdirat(raw, Self.incoming, 0o700)
        try sweep()
    }

    /// Opens an object for reading.
    func open(_ key: ObjectKey) throws(ObjectStoreError) -> OwnedDescriptor {
        let components = key.components
        let parent = try folder(components.dropLast(), create: false)
        return try OwnedDescriptor(open: components[components.count - 1], in: parent.raw, flags: O_RDONLY)
    }

    /// Opens a file of the store's own, beside the objects.
    func openTop(_ name: String) throws(ObjectStoreError) -> OwnedDescriptor {
        try OwnedDescriptor(open: name[...], in: descriptor.raw, flags: O_RDONLY)
    }

    /// Gives a new file a second name beside the objects; the one that is there already stays.
    func linkIncoming(_ name: String, as top: String) throws(ObjectStoreError) {
        let incoming = try openIncoming()
        guard linkat(incoming.raw, name, descriptor.raw, top, 0) == 0 || errno == EEXIST else {
            throw ObjectStoreError(posix: errno, "store \(top)")
        }
        try descriptor.synchronize(path)
    }

    /// Opens the folder that holds new files, under names of their own, until they are whole.
    func openIncoming() throws(ObjectStoreError) -> OwnedDescriptor {
        try OwnedDescriptor(open: Self.incoming[...], in: descriptor.raw, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Gives a whole file its key, and makes the name last.
    func publish(_ name: String, as key: ObjectKey) throws(ObjectStoreError) {
        let components = key.components
        let incoming = try openIncoming()
        // A delete may prune a folder between its making and the rename; making it again is all there is to do.
        for attempt in 1...8 {
            do throws(ObjectStoreError) {
                let parent = try folder(components.dropLast(), create: true)
                guard renameat(incoming.raw, name, parent.raw, String(components[components.count - 1])) == 0 else {
                    throw ObjectStoreError(posix: errno, "store \(key)")
                }
                return try parent.synchronize("the folder of \(key)")
            } catch {
                guard error.code == .notFound && attempt < 8 else { throw error }
                continue
            }
        }
    }

    /// Deletes an object and the folders it leaves empty.
    func delete(_ key: ObjectKey) throws(ObjectStoreError) {
        var components = key.components
        do throws(ObjectStoreError) {
            let parent = try folder(components.dropLast(), create: false)
            guard unlinkat(parent.raw, String(components.removeLast()), 0) == 0 else {
                throw ObjectStoreError(posix: errno, "delete \(key)")
            }
            try parent.synchronize("the folder of \(key)")
        } catch {
            guard error.code == .notFound else { throw error }
            return
        }
        while let name = components.popLast() {
            let parent = try folder(components[...], create: false)
            // Not empty, or gone already: somebody else uses or prunes it.
            guard unlinkat(parent.raw, String(name), AT_REMOVEDIR) == 0 else { return }
        }
    }

    /// Opens a folder below, making what is missing when asked; a new name is flushed to its parent.
    private func folder(
        _ components: ArraySlice<Substring>,
        create: Bool
    ) throws(ObjectStoreError) -> OwnedDescriptor {
        var current = try OwnedDescriptor(open: ".", in: descriptor.raw, flags: O_RDONLY | O_DIRECTORY)
        for name in components {
            if create, mkdirat(current.raw, String(name), 0o700) == 0 { try current.synchronize("a new folder") }
            current = try OwnedDescriptor(open: name, in: current.raw, flags: O_RDONLY | O_DIRECTORY)
        }
        return current
    }
}

private let systemWrite = { @Sendable (descriptor: Int32, bytes: UnsafeRawPointer?, count: Int) -> Int in
    #if canImport(Darwin)
    Darwin.write(descriptor, bytes, count)
    #else
    Glibc.write(descriptor, bytes, count)
    #endif
}
#endif
