import Foundation

/// A PostgreSQL for tests, which ends with the process that asked for it.
///
/// `Scripts/postgres-test-server` starts it and holds it for as long as a pipe is open: it stops whether the tests end,
/// crash or are killed.
public final class PostgresTestServer: Sendable {
    /// Where it is: on a socket in a temporary folder.
    public let url: String
    private let input = Pipe()
    private let output = Pipe()

    /// Where tests make schemas of their own: on the server that `ERRAND_TEST_POSTGRES` names, else on one that is
    /// started for all tests of this run.
    public static func sharedURL() throws -> String {
        if let url = ProcessInfo.processInfo.environment["ERRAND_TEST_POSTGRES"], !url.isEmpty { return url }
        return try shared.get().url
    }

    private static let shared = Result { try PostgresTestServer() }

    /// Starts a server, for a test that stops it on the way.
    public init() throws {
        let process = Process()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = root.appending(path: "Scripts/postgres-test-server")
        process.arguments = ["hold"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        url = try Self.line(from: output)
    }

    deinit {
        // A pipe that cannot be closed is closed with the process.
        try? input.fileHandleForWriting.close()
    }

    /// Ends it as a crash would.
    public func halt() throws { try run("halt") }

    /// Starts it again on what it left behind.
    public func resume() throws { try run("resume") }

    /// The script that holds the server does it: a server started by a process of its own would keep that from ending,
    /// as Foundation sees it.
    private func run(_ command: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
        _ = try Self.line(from: output)
    }

    private static func line(from output: Pipe) throws -> String {
        var answer = Data()
        while answer.last != UInt8(ascii: "\n") {
            let chunk = output.fileHandleForReading.nextData()
            guard !chunk.isEmpty else { throw NoServer() }
            answer += chunk
        }
        return String(decoding: answer.dropLast(), as: UTF8.self)
    }

    struct NoServer: Error, CustomStringConvertible {
        let description = """
            The tests' PostgreSQL did not start; Scripts/postgres-test-server said why on standard error. `make setup` \
            installs what it needs, or ERRAND_TEST_POSTGRES names a server on which tests may make schemas, as in \
            postgresql://user@127.0.0.1:5432/database.
            """
    }
}
