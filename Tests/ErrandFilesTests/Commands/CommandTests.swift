#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

@Suite("Command types", .timeLimit(.minutes(5)))
struct CommandTests {
    let feedback = RecordedFeedback()

    private func run(_ script: String, _ change: (inout CommandType) -> Void = { _ in }) async throws -> JobResult {
        try await feedback.run(["/bin/sh", "-c", script], change)
    }

    private func run(
        command: [String],
        payload: String = #"{"n":9007199254740993}"#,
        _ change: (inout CommandType) -> Void = { _ in }
    ) async throws -> JobResult {
        try await feedback.run(command, payload: payload, change)
    }

    @Test("the payload comes on standard input, exactly")
    func payload() async throws {
        _ = try await run(command: ["sed", "s/^/> /"])
        #expect(feedback.logs == [#"info > {"n":9007199254740993}"#])
    }

    @Test("a payload larger than a pipe is there even when nobody reads it")
    func unreadPayload() async throws {
        let large = #"{"x":"\#(String(repeating: "y", count: 200_000))"}"#
        #expect(try await run(command: ["true"], payload: large).value == nil)
        let counted = try await run(command: ["/bin/sh", "-c", #"echo "{\"result\": $(wc -c)}""#], payload: large)
        #expect(counted.value?.int64Value == 200_008)
    }

    @Test("lines of output are progress, data, a result, or the log")
    func messages() async throws {
        let result = try await run(
            """
            echo '{"progress":40,"message":"half way"}'
            echo '{"message":"still"}'
            echo '{"progress":250}'
            echo '{"data":{"rows":3}}'
            echo plain
            echo '[1,2]'
            echo 7
            printf '{"result":{"big":9007199254740993}}'
            """
        )
        #expect(result.value?.string == #"{"big":9007199254740993}"#)
        #expect(feedback.progress == ["40 half way", "40 still", "100 -"])
        #expect(feedback.data == [#"{"rows":3}"#])
        #expect(feedback.logs == ["info plain", "info [1,2]", "info 7"])
    }

    @Test("standard error is logged as warnings and explains a failure")
    func failure() async throws {
        let failure = await ErrandFilesTests.failure {
            _ = try await run("echo first >&2; echo 'no such thing' >&2; exit 3")
        }
        #expect(failure?.code == "exit_3")
        #expect(failure?.message == "The program /bin/sh ended with exit code 3.\nfirst\nno such thing")
        #expect(feedback.logs == ["warning first", "warning no such thing"])
    }

    @Test("exit code 75 leaves it to the retry policy")
    func temporaryFailure() async throws {
        let error = await #expect(throws: CommandFailure.self) { _ = try await run("exit 75") }
        #expect(error?.jobFailure.code == "exit_75")
    }

    @Test("a signal and a missing program are failures of their own")
    func signals() async throws {
        #expect(await ErrandFilesTests.failure { _ = try await run("kill -9 $$") }?.code == "signal_9")
        let missing = await ErrandFilesTests.failure { _ = try await run(command: ["errand-has-no-such-program"]) }
        #expect(missing?.code == "command_not_found")
        let folder = await ErrandFilesTests.failure { _ = try await run("true") { $0.workingDirectory = "/nowhere" } }
        #expect(folder?.code == "working_directory_not_found")
    }

    @Test("arguments reach the program as they are, without a shell")
    func arguments() async throws {
        _ = try await run(command: ["printf", "%s\\n", "$HOME; rm -rf *", "a b"])
        #expect(feedback.logs == ["info $HOME; rm -rf *", "info a b"])
    }

    @Test("the environment holds what is allowed and nothing else")
    func environment() async throws {
        setenv("ERRAND_TEST_SECRET", "s3cret", 1)
        setenv("ERRAND_TEST_ALLOWED", "yes", 1)
        _ = try await run(command: ["env"]) { $0.environment = ["ERRAND_TEST_ALLOWED", "ERRAND_TEST_UNSET"] }
        let names = Set(feedback.logs.compactMap { $0.dropFirst(5).split(separator: "=").first.map(String.init) })
        #expect(
            names.subtracting(["PATH", "LANG", "HOME"]) == [
                "ERRAND_TEST_ALLOWED", "ERRAND_JOB_ID", "ERRAND_JOB_NUMBER", "ERRAND_ATTEMPT", "ERRAND_FENCE",
                "ERRAND_RESULT_FILE", "TRACEPARENT",
            ]
        )
        #expect(feedback.logs.contains("info ERRAND_FENCE=3"))
    }

    @Test("it runs in its own folder and under its limits")
    func surroundings() async throws {
        _ = try await run("pwd; ulimit -v; ulimit -t") {
            $0.workingDirectory = "/usr"
            $0.memoryLimit = 512 << 20
            $0.cpuLimit = .seconds(7)
        }
        #expect(feedback.logs == ["info /usr", "info 524288", "info 7"])
    }

    @Test("garbage, huge lines and NUL are cut to what a log can keep")
    func garbage() async throws {
        _ = try await run(#"head -c 100000 /dev/zero | tr '\0' x; printf '\n\377\376 a\000b\n\n'"#)
        #expect(feedback.logs.count == 3)
        #expect(feedback.logs[0].utf8.count <= JobLimits.logLineBytes + 5 && feedback.logs[0].hasSuffix("x…"))
        #expect(feedback.logs[1] == "info \u{FFFD}\u{FFFD} a\u{FFFD}b")
    }

    @Test(
        "what a program leaves running is ended with it, and not waited for",
        arguments: ["sleep 1000 >/dev/null 2>&1", "sleep 1000", "exec yes"]
    )
    func leftOver(_ command: String) async throws {
        let pipe = try HeldPipe()
        let result = try await run(
            "exec 3>\(pipe.path); (trap '' TERM; \(command)) & echo '{\"result\":1}' >&1; exit 0"
        )
        #expect(result.value?.string == "1")
        await pipe.closed()
    }

    @Test("a process that left the group and goes on writing is not read for ever")
    func escaped() async throws {
        let pipe = try HeldPipe()
        let pid = "\(pipe.path).pid"
        let result = try await run(
            "exec 3>\(pipe.path); echo '{\"result\":1}'; setsid sh -c 'echo $$ >\(pid); exec yes' &"
                + " while ! test -s \(pid); do :; done"
        )
        #expect(result.value?.string == "1")
        let process = try #require(Int32(try String(contentsOfFile: pid, encoding: .utf8).dropLast()))
        kill(process, SIGKILL)
        await pipe.closed()
    }

    @Test("a program that closes its output and goes on is waited for")
    func closedOutput() async throws {
        let failure = await ErrandFilesTests.failure {
            _ = try await run(#"echo '{"result":1}'; exec >&- 2>&-; echo lost; cat >/dev/null; exit 4"#)
        }
        #expect(failure?.code == "exit_4")
    }

    @Test(
        "a cancelled program and its children are gone, even those that ignore SIGTERM",
        arguments: [
            "echo ready; sleep 1000", "sleep 1000 & echo ready; wait",
            "trap '' TERM; (trap '' TERM; sleep 1000) & echo ready; wait; sleep 1000",
        ]
    )
    func cancel(_ script: String) async throws {
        let pipe = try HeldPipe()
        let task = Task { try await run("exec 3>\(pipe.path); \(script)") }
        await feedback.firstLog()
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        await pipe.closed()
    }
}
#endif
