#if Files
import Errand
import FoundationEssentials

#if canImport(System)
import System
#else
import SystemPackage
#endif

// pid_t and mkdir.
#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// What one run of a program has on the disk: a folder for its result, and a note for the guardian.
///
/// The note is there before the program is. It says how long the program may take to end and, once it has started,
/// its process group and when the leader of it began, which tells it from another that is given the same number later.
struct RunFolder: Sendable {
    private let folder: String
    private var note: String { "\(folder).run" }

    /// Where the program may leave its result.
    var resultFile: String { "\(folder)/result.json" }

    /// Makes one.
    ///
    /// - Parameters:
    ///   - base: Where the guardian looks; made when it is missing, as something may clear away what is old.
    ///   - grace: How long the program may go on after SIGTERM.
    /// - Throws: What the system says.
    init(in base: String, grace: Duration) throws {
        folder = "\(base)/\(ULID(at: Date()))"
        try Self.make(base)
        try Self.make(folder)
        do {
            let seconds = max(0, Int(saturating: min(grace.seconds, 86400).rounded(.up)))
            try write("\(seconds)", options: [.create, .exclusiveCreate])
        } catch {
            remove()
            throw error
        }
    }

    /// Notes that the program runs.
    func started(_ group: pid_t) throws { try write(" \(group) \(Self.start(of: group) ?? "-")\n", options: []) }

    /// Takes everything away.
    func remove() {
        // What cannot be removed goes with the guardian's folder.
        try? FileManager.default.removeItem(atPath: folder)
        unlink(note)
    }

    private func write(_ text: String, options: FileDescriptor.OpenOptions) throws {
        let file = try FileDescriptor.open(
            FilePath(note),
            .writeOnly,
            options: options.union([.append, .closeOnExec]),
            permissions: [.ownerReadWrite]
        )
        // In one piece: whoever reads it sees all of it or nothing.
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    private static func make(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    /// When a process began, in ticks since the machine did; nil where the system does not say.
    static func start(of process: pid_t) -> Substring? {
        // Without /proc there is nothing to read.
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return nil }
        // The name of the program, in parentheses, may hold anything.
        guard let end = status.lastIndex(of: ")") else { return nil }
        let fields = status[status.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? fields[19] : nil
    }
}
#endif
