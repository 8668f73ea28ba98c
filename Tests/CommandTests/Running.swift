#if Server
import Foundation
import PostgresTestServer
import Synchronization

/// What a command left behind.
struct Outcome: Sendable {
    let output: String
    let errors: String
    let status: Int32

    /// The lines of standard output.
    var lines: [String] { output.split(whereSeparator: \.isNewline).map(String.init) }
}

/// A command that runs; what it writes is read all the while, so that it never waits for a full pipe.
final class Running: Sendable {
    private let process: Process
    private let output = Collected()
    private let errors = Collected()
    let pid: Int32

    init(
        _ arguments: [String],
        executable: String? = nil,
        in folder: Folder,
        environment: [String: String] = [:]
    ) throws {
        let process = Process()
        process.executableURL = URL(filePath: try executable ?? Binary.path())
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.environment = Binary.environment(folder.environment.merging(environment) { _, new in new })
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        try process.run()
        self.process = process
        pid = process.processIdentifier
    }

    /// Waits for a line of standard output that starts with a text, and answers what follows it.
    func line(after prefix: String) async throws -> String {
        for await line in output.lines where line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
        throw NeverSaid(prefix: prefix, errors: await errors.text())
    }

    /// Waits for several lines in any order, and answers what follows each text.
    func lines(after prefixes: [String]) async throws -> [String] {
        var found: [String: String] = [:]
        for await line in output.lines {
            for prefix in prefixes where line.hasPrefix(prefix) { found[prefix] = String(line.dropFirst(prefix.count)) }
            if found.count == prefixes.count { return prefixes.compactMap { found[$0] } }
        }
        throw NeverSaid(prefix: prefixes.joined(separator: ", "), errors: await errors.text())
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end.
    func outcome() async -> Outcome {
        let (output, errors) = (await output.text(), await errors.text())
        process.waitUntilExit()
        return Outcome(output: output, errors: errors, status: process.terminationStatus)
    }
}

struct NeverSaid: Error, CustomStringConvertible {
    let prefix: String
    let errors: String
    var description: String { "The command ended without saying \"\(prefix)\". It said: \(errors)" }
}

/// What comes through a pipe, read by a thread of its own.
private final class Collected: Sendable {
    let pipe = Pipe()
    let lines: AsyncStream<String>
    private let all = Mutex(Data())
    private let ended = AsyncStream<Void>.makeStream()

    init() {
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        let thread = Thread { [self] in
            var rest = Data()
            while true {
                let chunk = pipe.fileHandleForReading.nextData()
                if chunk.isEmpty { break }
                all.withLock { $0 += chunk }
                rest += chunk
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = rest[rest.index(after: end)...]
                }
            }
            continuation.finish()
            ended.continuation.finish()
        }
        thread.start()
    }

    /// Everything, once the other end is closed.
    func text() async -> String {
        for await _ in ended.stream {}
        return all.withLock { String(decoding: $0, as: UTF8.self) }
    }
}

extension Folder {
    /// Runs the command here until it ends.
    func errand(_ arguments: String..., environment: [String: String] = [:]) async throws -> Outcome {
        try await Running(arguments, in: self, environment: environment).outcome()
    }
}

/// `errand serve` in a folder, on a port of its own.
struct Server {
    let running: Running
    let url: String

    init(in folder: Folder, _ more: String...) async throws {
        running = try Running(["serve", "--port", "0"] + more, in: folder)
        url = try await running.line(after: "Listening on ")
    }

    /// Stops it as an operator does.
    func stop() async -> Outcome {
        running.signal(SIGTERM)
        return await running.outcome()
    }
}
#endif
