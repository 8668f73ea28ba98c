import Testing

/// A file that one rule must find fault with, beside the nearest one that it must leave alone.
struct RuleSample: Sendable, CustomTestStringConvertible {
    let rule: Rule
    let bad: SourceFile
    let good: SourceFile

    var testDescription: String { "\(rule.name): \(bad.lines.first ?? bad.path)" }

    init(_ rule: Rule, in path: String = "Sources/Errand/Job.swift", bad: String, good: String) {
        self.rule = rule
        self.bad = SourceFile(path: path, text: bad)
        self.good = SourceFile(path: path, text: good)
    }

    /// The fault lies in the name.
    init(_ rule: Rule, badPath: String, goodPath: String) {
        self.rule = rule
        bad = SourceFile(path: badPath, text: "")
        good = SourceFile(path: goodPath, text: "")
    }

    static let all: [RuleSample] = sizes + imports + numbers + words

    private static let testPath = "Tests/ErrandTests/JobTests.swift"

    private static let sizes = [
        RuleSample(.fileLength, bad: lines(401), good: lines(400)),
        RuleSample(.fileLength, in: testPath, bad: lines(501), good: lines(500)),
        RuleSample(.functionLength, bad: "func f() {\n\(lines(41))}\n", good: "func f() {\n\(lines(40))}\n"),
        RuleSample(.functionLength, in: testPath, bad: "init() {\n\(lines(41))}\n", good: "init() {\n\(lines(40))}\n"),
        RuleSample(
            .lineWidth,
            bad: String(repeating: "x", count: 121),
            good: String(repeating: "ü", count: 120)
        ),
        RuleSample(.fileNames, badPath: "Sources/Errand/JobUtils.swift", goodPath: "Sources/Errand/Futile.swift"),
        RuleSample(.fileNames, badPath: "Sources/Errand/Helpers/A.swift", goodPath: "Sources/Errand/Help/A.swift"),
        RuleSample(.fileNames, badPath: "Tests/A/Job+Misc.swift", goodPath: "Tests/A/Misconduct.swift"),
        RuleSample(.fileNames, badPath: "Sources/A/LeaseManager.swift", goodPath: "Sources/A/Manage.swift"),
        RuleSample(.fileNames, badPath: "Sources/Common.swift", goodPath: "Sources/Uncommon.swift"),
    ]

    private static let imports = [
        RuleSample(.imports, bad: "import NIOCore", good: "import Logging"),
        RuleSample(.imports, bad: "public import struct Foundation.Date // handy", good: "// import Foundation"),
        RuleSample(.imports, bad: "@preconcurrency import GRDB", good: "let text = \"import GRDB\""),
        RuleSample(.imports, bad: "import Glibc", good: "import Glibc  // the heartbeat's own thread"),
        RuleSample(
            .imports,
            bad: "#if canImport(Glibc)\nimport Glibc\n#endif",
            good: "// The heartbeat's own thread.\n#if canImport(Glibc)\nimport Glibc\n#endif"
        ),
        RuleSample(
            .imports,
            bad: "// The thread.\nimport Logging\n#if os(Linux)\nimport Glibc\n#endif",
            good: "// The thread.\n#if os(macOS)\nimport Darwin\n#else\nimport Glibc\n#endif"
        ),
        RuleSample(
            .imports,
            in: "Sources/ErrandHTTP/Routes.swift",
            bad: "package import ErrandSQLite",
            good: "public import Hummingbird"
        ),
        RuleSample(.imports, badPath: "Sources/Newcomer/A.swift", goodPath: "Sources/ErrandFiles/A.swift"),
    ]

    private static let numbers = [
        RuleSample(
            .trappingNumbers,
            bad: "let a = Int64((b * 1e3).rounded())",
            good: "let a = Int64(saturating: b * 1e3)"
        ),
        RuleSample(
            .trappingNumbers,
            bad: "f(Int(a.timeIntervalSince(b) / 4))",
            good: "f(Int(a), b.timeIntervalSince(c))"
        ),
        RuleSample(.trappingNumbers, bad: "Int32(Double(a) * b)", good: "Int32(clamping: a) + Double(b)"),
        RuleSample(
            .trappingNumbers,
            bad: "let a = UInt64(b.seconds)",
            good: "let a = Int64(text), b = c.seconds // Int(c.seconds)"
        ),
    ]

    private static let words = [
        RuleSample(.forceTry, bad: "let a = try! b()", good: "// never try! here\nlet a = \"try!\""),
        RuleSample(.leftovers, bad: "// TODO: later", good: "let todo = \"TODO\""),
        RuleSample(.leftovers, bad: "/* FIXME\n */", good: "// FIXMEN"),
        RuleSample(.sleepingTests, in: testPath, bad: "try await Task.sleep(for: .seconds(1))", good: "// Task.sleep"),
        RuleSample(.sleepingTests, in: testPath, bad: "usleep(10)", good: "try await clock.sleep(for: .seconds(1))"),
        RuleSample(.sleepingTests, in: testPath, bad: "_ = sleep(1)", good: "func sleep(until: Instant) {}"),
        RuleSample(.skippedTests, in: testPath, bad: "@Test(.disabled(if: slow)) func a() {}", good: "a.disabled = b"),
        RuleSample(.skippedTests, in: testPath, bad: "throw XCTSkip()", good: "// XCTSkip"),
        RuleSample(.endlessTests, in: testPath, bad: "@Suite struct A {}", good: "@Suite(.timeLimit(.minutes(5)))"),
        RuleSample(.unexplained, bad: "let a = try? b()", good: "// A missing file is an empty one.\nlet a = try? b()"),
        RuleSample(.unexplained, bad: "if (try? b()) == nil {}", good: "if entry?.status == nil {}"),
        RuleSample(
            .unexplained,
            bad: "final class A: @unchecked Sendable {}",
            good: "final class A: @unchecked Sendable {}  // only the writer's thread touches it"
        ),
        RuleSample(
            .unexplained,
            bad: "\nnonisolated(unsafe) var a = 1",
            good: "// Set once.\nnonisolated(unsafe) var a = 1"
        ),
    ]

    private static func lines(_ count: Int) -> String { String(repeating: "a()\n", count: count) }
}
