#if Files
import Errand
import FoundationEssentials

#if canImport(Darwin)
import Darwin  // For flock and unlinkat.
#elseif canImport(Glibc)
import Glibc  // For flock and unlinkat.
#endif

/// A file that is being written under a name of its own.
struct IncomingFile: ~Copyable, Sendable {
    let name: String
    let file: OwnedDescriptor
}

extension ObjectFolder {
    /// Makes a new file, locked for as long as it is open, so that no other process takes it for a leftover.
    func makeIncoming() throws(ObjectStoreError) -> IncomingFile {
        let incoming = try openIncoming()
        while true {
            let name = ULID(at: Date()).description
            let file = try OwnedDescriptor(open: name[...], in: incoming.raw, flags: O_WRONLY | O_CREAT | O_EXCL)
            guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else { throw ObjectStoreError(posix: errno, "lock \(name)") }
            // A sweep may have come between making and locking; then the name is gone already.
            var status = stat()
            if fstat(file.raw, &status) == 0, status.st_nlink > 0 { return IncomingFile(name: name, file: file) }
        }
    }

    /// Deletes a new file that was not published.
    func removeIncoming(_ name: String) throws(ObjectStoreError) {
        let incoming = try openIncoming()
        guard unlinkat(incoming.raw, name, 0) == 0 || errno == ENOENT else {
            throw ObjectStoreError(posix: errno, "delete the unfinished file \(name)")
        }
    }

    /// Deletes what a crash left: new files that no process holds open.
    func sweep() throws(ObjectStoreError) {
        let incoming = try openIncoming()
        for name in try names(in: incoming) {
            let file: OwnedDescriptor
            do throws(ObjectStoreError) {
                file = try OwnedDescriptor(open: name[...], in: incoming.raw, flags: O_RDONLY | O_NONBLOCK)
            } catch {
                guard error.code == .notFound else { throw error }
                continue
            }
            if flock(file.raw, LOCK_EX | LOCK_NB) == 0 { try removeIncoming(name) }
        }
    }

    private func names(in folder: borrowing OwnedDescriptor) throws(ObjectStoreError) -> [String] {
        // `closedir` closes the descriptor it reads from, so it gets one of its own.
        guard let stream = fdopendir(dup(folder.raw)) else {
            throw ObjectStoreError(posix: errno, "list \(Self.incoming)")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
#endif
