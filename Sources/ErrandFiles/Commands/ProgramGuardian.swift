#if Files
import Errand
import FoundationEssentials
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

// fcntl.
#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// The process that ends the programs of this one when it is gone, however that came.
///
/// A parent-death signal would come when the thread that started the program ends, and reach no grandchild; standard
/// input is the payload's. So there is one guardian for all: a shell that reads a pipe to its end, which comes when
/// this process is gone, and then ends what the folder of the runs says is left. It is started with the first program.
actor ProgramGuardian {
    static let shared = ProgramGuardian()

    /// Where the runs have their folders.
    let base: String
    private var running: Task<Void, any Error>?
    /// Held open by this process alone, and never written to.
    private var line: FileDescriptor?

    init() { base = FileManager.default.temporaryDirectory.path + "/errand-\(ULID(at: Date()))" }

    /// Returns once the guardian is there.
    ///
    /// - Throws: Why it is not; the next call tries again.
    func watch() async throws {
        let running = running ?? Task { try await start() }
        self.running = running
        do { try await running.value } catch {
            if self.running == running { self.running = nil }
            throw error
        }
    }

    private func start() async throws {
        guard mkdir(base, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        let (readEnd, writeEnd) = try FileDescriptor.pipe()
        for end in [readEnd, writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        line = writeEnd
        let (starts, continuation) = AsyncThrowingStream<Void, any Error>.makeStream()
        let configuration = configuration
        Task {
            do {
                _ = try await Subprocess.run(
                    configuration,
                    input: .fileDescriptor(readEnd, closeAfterSpawningProcess: true),
                    output: .discarded,
                    error: .discarded
                ) { _ in continuation.finish() }
                // It ends before this process does only when somebody ends it.
            } catch {
                continuation.finish(throwing: error)
            }
            ended(writeEnd)
        }
        for try await _ in starts {}
    }

    private func ended(_ end: FileDescriptor) {
        // It was open, and nobody else closes it.
        try? end.close()
        if line == end { (line, running) = (nil, nil) }
    }

    private var configuration: Configuration {
        var options = PlatformOptions()
        // What a terminal sends to all of its programs must not end the guardian before this process.
        options.createSession = true
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return Configuration(
            executable: .path("/bin/sh"),
            arguments: ["-c", Self.script, "errand-guardian", base],
            environment: .custom(["PATH": path]),
            workingDirectory: "/",
            platformOptions: options
        )
    }
}
#endif
