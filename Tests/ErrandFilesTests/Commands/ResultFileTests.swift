#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Testing

@Suite("Result files of programs", .timeLimit(.minutes(5)))
struct ResultFileTests {
    let feedback = RecordedFeedback()

    private func run(_ script: String) async throws -> String? {
        try await feedback.run(["/bin/sh", "-c", script]).value?.string
    }

    private func failure(_ script: String) async -> JobFailure? {
        await ErrandFilesTests.failure { _ = try await run(script) }
    }

    @Test("what is in the file is the result, exactly, without the white space around it")
    func result() async throws {
        let script = #"printf '\357\273\277\n {\n "a" : 9007199254740993 }\n\n' >"$ERRAND_RESULT_FILE""#
        #expect(try await run(script) == "{\n \"a\" : 9007199254740993 }")
        #expect(feedback.logs.isEmpty && feedback.warnings.isEmpty)
    }

    @Test("it goes before a result that is printed, right or wrong, with a warning")
    func both() async throws {
        #expect(try await run(#"echo '{"result":1}'; echo 2 >"$ERRAND_RESULT_FILE""#) == "2")
        let warning = "warning The program also printed a result; the one in ERRAND_RESULT_FILE counts."
        #expect(feedback.logs == [warning])
        #expect(try await run(#"echo '{"result":NaN}'; echo 3 >"$ERRAND_RESULT_FILE""#) == "3")
        #expect(feedback.logs.last == warning)
    }

    @Test(
        "a file that is no result fails the run and says why",
        arguments: [
            (#"echo NaN >"$ERRAND_RESULT_FILE""#, "expected a value"), (#": >"$ERRAND_RESULT_FILE""#, "is empty"),
            (#"echo '{"a":1,"a":2}' >"$ERRAND_RESULT_FILE""#, "appears twice"),
            (#"echo '1 2' >"$ERRAND_RESULT_FILE""#, "expected nothing after"),
            (#"mkdir "$ERRAND_RESULT_FILE""#, "not a regular file"),
            (#"mkfifo "$ERRAND_RESULT_FILE""#, "not a regular file"),
            (#"ln -s /etc/hostname "$ERRAND_RESULT_FILE""#, "symbolic link"),
            (#"echo '{"result":1}'; echo '{' >"$ERRAND_RESULT_FILE""#, "ends too early"),
        ]
    )
    func wrong(_ script: String, _ reason: String) async throws {
        let failure = try #require(await retriedFailure { _ = try await run(script) })
        #expect(failure.code == JobFailure.Code.invalidResult)
        #expect(failure.message.contains("ERRAND_RESULT_FILE") && failure.message.contains(reason), "\(failure)")
    }

    @Test("one that is too large fails for good, and a hole of a terabyte is not read")
    func large() async throws {
        let long = #"(printf '"'; head -c 300000 /dev/zero | tr '\0' x; echo '"') >"$ERRAND_RESULT_FILE""#
        #expect(await failure(long)?.code == "result_too_large")
        #expect(await failure(#"truncate -s 1T "$ERRAND_RESULT_FILE""#)?.code == "result_too_large")
    }

    @Test("it counts only after an end with 0, and its folder is gone with the run")
    func ends() async throws {
        #expect(await failure(#"echo 1 >"$ERRAND_RESULT_FILE"; exit 3"#)?.code == "exit_3")
        let script =
            #"dirname "$ERRAND_RESULT_FILE"; touch "$(dirname "$ERRAND_RESULT_FILE")/more"; ls "$ERRAND_RESULT_FILE""#
        _ = try? await run(script)
        let folder = try #require(feedback.logs.first?.dropFirst(5))
        #expect(feedback.logs.contains { $0.hasPrefix("warning ls:") })
        #expect(!FileManager.default.fileExists(atPath: String(folder)))
        #expect(!FileManager.default.fileExists(atPath: "\(folder).run"))
    }
}
#endif
