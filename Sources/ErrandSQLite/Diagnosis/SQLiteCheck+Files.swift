import Errand
import FoundationEssentials

// access and statvfs, which FoundationEssentials does not have.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension SQLiteCheck {
    /// Below this SQLite may stop in the middle of a checkpoint, in bytes.
    private static let room: UInt64 = 256 << 20

    static let folder = SQLiteCheck("file") { path in
        let folder = parent(of: path)
        guard access(folder, W_OK | X_OK) == 0 else {
            return [
                .problem(
                    "The folder \(folder) cannot be written: \(String(cString: strerror(errno))).",
                    advice: "Make it, and let the user that runs errand write it: SQLite makes files beside its own."
                )
            ]
        }
        guard access(path, F_OK) == 0 else { return [.ok("\(folder) can be written; \(path) is not there yet.")] }
        guard access(path, R_OK | W_OK) == 0 else {
            return [
                .problem(
                    "\(path) cannot be read and written: \(String(cString: strerror(errno))).",
                    advice: "Let the user that runs errand own it: chown."
                )
            ]
        }
        return [.ok("\(path) and its folder can be written.")]
    }

    static let owner = SQLiteCheck("owner") { path in
        guard let owner = SQLiteFileOwner.current(of: path) else { return [.ok("No process has the file.")] }
        return [.ok("Process \(owner.pid) has the file\(owner.url.map { " and answers at \($0)" } ?? "").")]
    }

    static let disk = SQLiteCheck("disk") { path in
        var system = statvfs()
        guard statvfs(parent(of: path), &system) == 0 else {
            return [
                .problem(
                    "The folder \(parent(of: path)) cannot be looked at: \(String(cString: strerror(errno))).",
                    advice: "Make it."
                )
            ]
        }
        let free = UInt64(system.f_bavail) * UInt64(system.f_frsize)
        guard free < room else { return [.ok("\(free >> 20) MiB are free on the disk.")] }
        return [
            .warning(
                "Only \(free >> 20) MiB are free on the disk.",
                advice: "Make room: a full disk refuses every submit, and jobs cannot end."
            )
        ]
    }

    private static func parent(of path: String) -> String {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        return folder.isEmpty ? "." : folder
    }
}
