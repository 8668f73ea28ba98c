import Testing

@Suite("Every house rule can fail", .timeLimit(.minutes(5)))
struct RuleTests {
    @Test("the rule finds the fault and leaves its neighbour alone", arguments: RuleSample.all)
    func judges(_ sample: RuleSample) {
        #expect(sample.rule.findings(sample.bad).count == 1)
        #expect(sample.rule.findings(sample.good).isEmpty)
    }

    @Test("every rule has a sample that it must refuse", arguments: Rule.all)
    func hasSample(_ rule: Rule) {
        #expect(RuleSample.all.contains { $0.rule.name == rule.name })
    }

    @Test("a finding names the place as editors do")
    func namesThePlace() throws {
        let file = SourceFile(path: "Sources/Errand/A.swift", text: "\n\nimport NIOCore\n")
        let finding = try #require(Rule.imports.findings(file).first)
        #expect("\(finding)" == "Sources/Errand/A.swift:3: Errand must not import NIOCore")
    }
}
