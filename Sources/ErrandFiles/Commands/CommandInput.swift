#if Files
import Errand
import FoundationEssentials

#if canImport(System)
import System
#else
import SystemPackage
#endif

#if canImport(Darwin)
import Darwin  // For unlink.
#elseif canImport(Glibc)
import Glibc  // For unlink.
#endif

/// A job's payload as a file without a name, for a program's standard input.
///
/// A pipe would have to be written while the program runs, and writing to one whose reader has gone raises SIGPIPE,
/// which ends this process; a file is just there.
enum CommandInput {
    static func descriptor(for payload: JSONText) throws -> FileDescriptor {
        let path = FileManager.default.temporaryDirectory.path + "/errand-\(ULID(at: Date()))"
        let file = try FileDescriptor.open(
            path,
            .readWrite,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
        do {
            guard unlink(path) == 0 else { throw Errno(rawValue: errno) }
            try file.writeAll(payload.string.utf8)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            // The first error is the one to tell; a descriptor that cannot be closed is closed with the process.
            try? file.close()
            throw error
        }
    }
}
#endif
