import Foundation

/// A PostgreSQL for tests, which ends with the process that asked for it.
///
/// `Scripts/postgres-test-server` starts it and holds it for as long as a pipe is open: it stops whether the tests end,
/// crash or are killed.
public final class PostgresTestServer: Sendable {
    /// Where it is: on a socket in a temporary folder.
    public let url: String
    private let input = Pipe()

    /// Where tests make schemas of their own: on the server that `ERRAND_TEST_POSTGRES` names, else on one that is
    /// started for all tests of this run.
    public static func sharedURL() throws -> String {
        if let url = ProcessInfo.processInfo.environment["ERRAND_TEST_POSTGRES"], !url.isEmpty { return url }
        return try shared.get().url
    }

    private static let shared = Result { try PostgresTestServer() }

    /// Starts a server, for a test that stops it on the way.
    public init() throws {
        let output = Pipe()
        let process = try Self.script("hold", input: input, output: output)
        var answer = Data()
        while !answer.contains(UInt8(ascii: "\n")) {
            let chunk = output.fileHandleForReading.availableData
            guard !chunk.isEmpty else {
                process.waitUntilExit()
                throw NoServer()
            }
            answer += chunk
        }
        url = String(decoding: answer.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    deinit {
        // A pipe that cannot be closed is closed with the process.
        try? input.fileHandleForWriting.close()
    }

    /// Ends it as a crash would.
    public func halt() throws { try run("halt") }

    /// Starts it again on what it left behind.
    public func resume() throws { try run("resume") }

    private func run(_ command: String) throws {
        let process = try Self.script(command, url)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NoServer() }
    }

    private static func script(
        _ arguments: String...,
        input: Pipe? = nil,
        output: Pipe? = nil
    ) throws -> Process {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: "Scripts/postgres-test-server")
        process.arguments = arguments
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        try process.run()
        return process
    }

    struct NoServer: Error, CustomStringConvertible {
        let description = """
            The tests' PostgreSQL did not start; Scripts/postgres-test-server said why on standard error. `make setup` \
            installs what it needs, or ERRAND_TEST_POSTGRES names a server on which tests may make schemas, as in \
            postgresql://user@127.0.0.1:5432/database.
            """
    }
}
