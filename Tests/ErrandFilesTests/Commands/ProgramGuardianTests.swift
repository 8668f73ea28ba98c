#if Files
import Foundation
import Testing

@testable import Errand
@testable import ErrandFiles

/// What the guardian does with the notes it finds; `GuardianTests` has a whole server that is killed.
@Suite("The guardian of programs", .timeLimit(.minutes(5)))
struct ProgramGuardianTests {
    @Test("a program that was started and not noted is found by its environment, and ends with what it started")
    func unnoted() async throws {
        let bench = try GuardianBench()
        let program = try bench.program("trap '' TERM; (while :; do sleep 1000; done) & echo >&4; wait; sleep 1000")
        try bench.note(program, "1")
        await bench.endOfProcess()
        await program.pipe.closed()
        #expect(!FileManager.default.fileExists(atPath: bench.folder.path))
    }

    @Test("a group whose number was given anew is left alone, one whose leader has gone is ended")
    func numbers() async throws {
        let bench = try GuardianBench()
        let other = try bench.program("echo >&4; while :; do sleep 1000; done")
        try bench.note(other, "1 \(other.process.processIdentifier) 1")
        let leaderless = try bench.program("(trap '' TERM; echo >&4; while :; do sleep 1000; done) & exit")
        try bench.note(leaderless, "1 \(leaderless.process.processIdentifier) 1")
        // Foundation waits until every process of the program has ended.
        var status: CInt = 0
        #expect(waitpid(leaderless.process.processIdentifier, &status, 0) == leaderless.process.processIdentifier)
        await bench.endOfProcess()
        await leaderless.pipe.closed()
        #expect(other.process.isRunning)
        kill(-other.process.processIdentifier, SIGKILL)
        await other.pipe.closed()
    }

    @Test("a program that ends at SIGTERM is not killed")
    func grace() async throws {
        let bench = try GuardianBench()
        let program = try bench.program("trap 'exit 7' TERM; mkfifo nothing; echo >&4; read -r line <>nothing")
        let began = try #require(RunFolder.start(of: program.process.processIdentifier))
        try bench.note(program, "600 \(program.process.processIdentifier) \(began)")
        await bench.endOfProcess()
        program.process.waitUntilExit()
        #expect(program.process.terminationReason == .exit && program.process.terminationStatus == 7)
    }

    @Test("one that was ended is replaced with a later program")
    func replaced() async throws {
        _ = try await RecordedFeedback().run(["true"])
        let first = try #require(try await guardian())
        kill(first, SIGKILL)
        while true {
            try Task.checkCancellation()
            _ = try await RecordedFeedback().run(["true"])
            if let next = try await guardian(), next != first { break }
        }
    }

    /// The guardian of this process.
    private func guardian() async throws -> Int32? {
        let base = await ProgramGuardian.shared.base
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).first { process in
            // One may have ended meanwhile.
            let words = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return words.split(separator: "\0").last == base[...]
        }
    }
}

/// A guardian of a folder, whose process is only a pipe.
private struct GuardianBench {
    /// A program in a group of its own, as Foundation starts them.
    struct Program {
        let name: String
        let process: Process
        /// Open while any process of it lives.
        let pipe: HeldPipe
    }

    let folder: TemporaryFolder
    private let line = Pipe()
    private let guardian = Process()

    init() throws {
        folder = try TemporaryFolder()
        guardian.executableURL = URL(filePath: "/bin/sh")
        guardian.arguments = ["-c", ProgramGuardian.script, "errand-guardian", folder.path]
        guardian.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        guardian.standardInput = line.fileHandleForReading
        try guardian.run()
    }

    /// Starts a program and waits until it has written to descriptor 4.
    func program(_ script: String) throws -> Program {
        let name = UUID().uuidString
        let (pipe, ready, process) = (try HeldPipe(), Pipe(), Process())
        try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "exec 3>\(pipe.path) 4>&1 >/dev/null; \(script)"]
        process.environment = ["PATH": "/usr/bin:/bin", "ERRAND_RESULT_FILE": "\(folder.path)/\(name)/result.json"]
        process.currentDirectoryURL = URL(filePath: "\(folder.path)/\(name)")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = ready
        try process.run()
        #expect(ready.fileHandleForReading.readData(ofLength: 1).count == 1)
        return Program(name: name, process: process, pipe: pipe)
    }

    func note(_ program: Program, _ text: String) throws {
        try "\(text)\n".write(toFile: "\(folder.path)/\(program.name).run", atomically: false, encoding: .utf8)
    }

    /// Does what the end of the process does, and waits for the guardian to end.
    func endOfProcess() async {
        try? line.fileHandleForWriting.close()
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                guardian.waitUntilExit()
                continuation.resume()
            }
        }
    }
}
#endif
