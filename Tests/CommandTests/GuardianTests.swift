#if Server
import Errand
import Foundation
import Testing

@Suite("The programs of a process that is killed", .timeLimit(.minutes(3)))
struct GuardianTests {
    /// A program, and a grandchild, that ignore SIGTERM and hold pipes open that end with them.
    private static let script = """
        trap '' TERM
        exec 3>pipe
        (trap '' TERM; while :; do sleep 1000; done) &
        dirname "$ERRAND_RESULT_FILE" >runs.tmp
        mv runs.tmp "run-$ERRAND_JOB_NUMBER"
        echo "{\\"message\\": \\"$$\\"}"
        while :; do sleep 1000; done
        """

    @Test("SIGKILL of the server ends them and what they started, and the guardian with its folder")
    func killedServer() async throws {
        let folder = try Folder()
        try folder.write("stay.sh", Self.script)
        try folder.write("errand.yaml", "types: {stay: {command: [sh, stay.sh], grace: 1s}}\n")
        let pipe = try WatchedPipe("\(folder.path)/pipe")
        let server = try await Server(in: folder, "--config", "errand.yaml", "--concurrency", "4")
        for number in 1...4 {
            let submitted = try await folder.errand("submit", "stay")
            #expect(submitted.status == 0, "\(submitted.errors)")
            while !FileManager.default.fileExists(atPath: "\(folder.path)/run-\(number)") {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        let runs = try folder.read("run-1").trimmingCharacters(in: .newlines)
        let guardians = try guardians(of: (runs as NSString).deletingLastPathComponent)
        #expect(guardians.count == 1)
        server.running.signal(SIGKILL)
        await pipe.ended()
        for guardian in guardians { await waitForEnd(of: guardian) }
        #expect(!FileManager.default.fileExists(atPath: (runs as NSString).deletingLastPathComponent))
        _ = await server.running.outcome()
    }

    @Test("a server that stops in order leaves neither the guardian nor its folder")
    func stoppedServer() async throws {
        let folder = try Folder()
        try folder.write("errand.yaml", "types: {say: {command: [sh, -c, 'dirname $ERRAND_RESULT_FILE >run']}}\n")
        let server = try await Server(in: folder, "--config", "errand.yaml")
        #expect(try await folder.errand("submit", "say", "--watch").status == 0)
        let base = (try folder.read("run") as NSString).deletingLastPathComponent
        let guardians = try guardians(of: base)
        #expect(guardians.count == 1)
        #expect(await server.stop().status == 0)
        for guardian in guardians { await waitForEnd(of: guardian) }
        #expect(!FileManager.default.fileExists(atPath: base))
    }

    /// The processes that were started for the folder.
    private func guardians(of base: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { process in
            // One may have ended meanwhile.
            let words = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return words.split(separator: "\0").suffix(2) == ["errand-guardian", base[...]]
        }
    }
}

/// A named pipe whose end tells that nobody holds it any more.
private final class WatchedPipe: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    }

    deinit { close(descriptor) }

    /// Waits for the end, on a thread of its own; somebody must have opened it by then.
    func ended() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var poll = pollfd(fd: self.descriptor, events: 0, revents: 0)
                while Glibc.poll(&poll, 1, -1) < 0 {}
                continuation.resume()
            }
        }
    }
}
#endif
