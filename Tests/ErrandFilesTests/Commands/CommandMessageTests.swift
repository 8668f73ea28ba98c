#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Testing

/// What becomes of everything a program may print for a message: nothing is lost without a word.
@Suite("Messages of programs", .timeLimit(.minutes(5)))
struct CommandMessageTests {
    let feedback = RecordedFeedback()

    /// How a run ended that printed a text.
    private func end(_ output: String, then more: String = "") async -> (result: String?, failure: JobFailure?) {
        do {
            return (try await feedback.print(output, then: more).value?.string ?? "none", nil)
        } catch let error as CommandFailure {
            return (nil, error.jobFailure)
        } catch {
            return (nil, await ErrandFilesTests.failure { throw error })
        }
    }

    @Test(
        "a result that is no JSON fails the run and says why",
        arguments: [
            (#"{"result": {"mean": NaN}}"#, "NaN"), (#"{"result": -Infinity}"#, "Infinity"),
            (#"{"result": "\ud800"}"#, "surrogate"), (#"{"result": "a\u0000b"}"#, "U+0000"),
            (#"{"result": 1, "result": 2}"#, "appears twice"), (#"{"result": {"a": 1, "\u0061": 2}}"#, "appears twice"),
            ("{\"result\": " + String(repeating: "[", count: 65) + String(repeating: "]", count: 65) + "}", "deeper"),
            ("{\"result\": \"a\u{0}b\"}", "U+0000"), (#"{"result": 1} trailing"#, "expected nothing after"),
            (#"{"result": 1}{"progress": 3}"#, "expected nothing after"), (#"{"result": 1"#, "ends too early"),
            (#"{"result": 01}"#, "not a JSON number"), (#"{"result": undefined}"#, "expected a value"),
            ("{'result': 1}", "member name"), ("{result: 1}", "member name"), (#"{"result": {'a': 1}}"#, "member name"),
            ("{\"result\": \"a\nb\"}", "ends too early"), (#"{"progress": "much", "result": 5}"#, "progress is a"),
            (#"{"result": 5, "took": 3}"#, #"the member "took""#), (#"  {"result": nope}"#, "expected a value"),
            (#"{"re\u0073ult": tru}"#, "expected a value"), (#"{"data": 1, "result": 5}"#, "data is a number"),
        ]
    )
    func wrongResults(_ output: String, _ reason: String) async throws {
        let failure = try #require(await end(output + "\n").failure)
        #expect(failure.code == JobFailure.Code.invalidResult)
        #expect(failure.message.contains("printed no valid result") && failure.message.contains(reason))
        #expect(
            feedback.logs.contains { $0.hasPrefix("warning No message") && $0.contains(reason) },
            "\(feedback.logs)"
        )
    }

    @Test("bytes that are not UTF-8 are no result either")
    func invalidUTF8() async throws {
        let failure = await retriedFailure {
            _ = try await feedback.run(["printf", #"{"result":"\377"}\n"#])
        }
        #expect(failure?.code == JobFailure.Code.invalidResult && failure?.message.contains("not UTF-8") == true)
    }

    @Test("the members of one message count each")
    func together() async throws {
        let ended = await end(#"{"progress":90,"message":"last","data":{"n":1},"result":{"x":[]}}"# + "\n")
        #expect(ended.result == #"{"x":[]}"#)
        #expect(feedback.progress == ["90 last"] && feedback.data == [#"{"n":1}"#] && feedback.logs.isEmpty)
        #expect(await end(#"{"progress":100,"result":5}"#).result == "5")
    }

    @Test("a result over several lines is read, with text before and after it")
    func severalLines() async throws {
        let pretty = "{\r\n  \"result\": {\n    \"a\": [\n      1\n    ]\n  }\n}"
        let ended = await end("before\n\(pretty)\nafter\n")
        #expect(ended.result.map { $0.filter { !$0.isWhitespace } } == #"{"a":[1]}"#)
        #expect(feedback.logs == ["info before", "info after"])
    }

    @Test("one result of several lines that is no JSON is one warning")
    func wrongLines() async throws {
        let ended = await end("{\n  \"result\": {\n    \"mean\": NaN\n  }\n}\n{\"progress\":7}\n")
        #expect(ended.failure?.code == JobFailure.Code.invalidResult)
        #expect(feedback.logs.count == 1 && feedback.progress == ["7 -"])
        #expect(feedback.logs[0].contains("(at /result/mean, byte "), "\(feedback.logs)")
    }

    @Test("text that begins as an object takes nothing along", arguments: ["{not json", "{", "{1, 2}", #"{"a": ["#])
    func textInBraces(_ text: String) async throws {
        #expect(await end("\(text)\n{\"progress\":7}\nmore\n{\"result\":5}\n").result == "5")
        #expect(feedback.progress == ["7 -"])
        #expect(feedback.logs.map { $0.prefix(8) } == ["warning ", "info mor"], "\(feedback.logs)")
        #expect(feedback.logs[0].hasSuffix("It reads: \(text)"))
    }

    @Test(
        "an object that is no message is a warning and nothing else, where it has no result",
        arguments: [
            #"{"level":"info","message":"hello"}"#, "{}", #"{"data":3}"#, #"{"progress":"much"}"#,
            #"{"progress":null}"#,
            #"{"message":7}"#, #"{"a":{"result":NaN}}"#, #"{"a":"result: 1, 'result': 2"}"#, "{result}", "{a, result}",
        ]
    )
    func noMessages(_ output: String) async throws {
        #expect(await end(output + "\n").result == "none")
        #expect(feedback.logs.count == 1 && feedback.logs[0].hasSuffix("It reads: \(output)"), "\(feedback.logs)")
        #expect(feedback.progress.isEmpty && feedback.data.isEmpty)
    }

    @Test("a byte order mark, white space and a line without an end are no obstacle")
    func marks() async throws {
        #expect(await end("\u{FEFF} \t {\"result\":5}").result == "5")
        #expect(await end(String(repeating: " ", count: 20000) + "{\"result\":6}\r\n").result == "6")
        #expect(feedback.logs.isEmpty)
        #expect(await end("text\n\u{FEFF}{\"result\":7}\n").result == "7")
    }

    @Test("numbers beyond all doubles are progress too, and a result is as deep as any JSON")
    func extremes() async throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(
            await end("{\"progress\":1e999}\n{\"progress\":-1e999}\n{\"progress\":0.9}\n{\"result\":\(deep)}").result
                == deep
        )
        #expect(feedback.progress == ["100 -", "0 -", "0 -"])
    }

    @Test("of several results the last counts, and the log says so; a wrong one among them fails the run")
    func severalResults() async throws {
        #expect(await end("{\"result\":1}\n{\"result\":2}\nafter\n").result == "2")
        #expect(feedback.logs == ["info after", "warning The program printed 2 results; the last one counts."])
        #expect(await end("{\"result\":NaN}\n{\"result\":2}\n").failure?.code == JobFailure.Code.invalidResult)
    }

    @Test("another end than 0 is the failure, whatever was said of a result")
    func otherEnds() async throws {
        #expect(await end("{\"result\":NaN}\n", then: "exit 3").failure?.code == "exit_3")
        #expect(await end("{\"result\":NaN}\n", then: "exit 75").failure?.code == "exit_75")
    }

    @Test("a result that is too large fails for good, in a line, over lines and when it never ends")
    func largeResults() async throws {
        let long = String(repeating: "x", count: JobLimits.resultBytes)
        let endless = String(repeating: "1,\n", count: CommandReader.longestMessage / 3)
        let texts = [
            "{\"result\":\"\(long)\"}\n", "{\"result\":\"\(long)\(long)\"}\n", "{\"result\":[\n\(endless)1]}\n",
        ]
        for text in texts { #expect(await end(text).failure?.code == "result_too_large") }
        #expect(await end("{\"result\":\"\(long.dropLast(2))\"}\n").result?.utf8.count == JobLimits.resultBytes)
    }

    @Test("data that is too large is a warning, and the result beside it counts")
    func largeData() async throws {
        let long = String(repeating: "x", count: JobLimits.dataBytes)
        #expect(await end("{\"data\":{\"x\":\"\(long)\"},\"result\":5}\n").result == "5")
        #expect(feedback.logs.count == 1 && feedback.logs[0].hasPrefix("warning The program's data was not taken"))
    }

    @Test("lines beyond the log's limit are counted, and the last line says how many")
    func manyLines() async throws {
        #expect(await end(String(repeating: "x\n", count: 2000), then: "echo e >&2").result == "none")
        #expect(feedback.logs.count == 991)
        #expect(
            feedback.logs.last == "warning 1011 more lines of the program were dropped: the log of a run keeps 1000."
        )
    }
}
#endif
