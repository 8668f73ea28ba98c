import Testing

@Suite("The sources keep the house rules", .timeLimit(.minutes(5)))
struct TidyTests {
    @Test("the sources keep the rule", arguments: Rule.all)
    func everyFileKeeps(_ rule: Rule) {
        for finding in SourceFile.all.flatMap(rule.findings) {
            Issue.record("\(rule.name): \(finding)")
        }
    }

    @Test("there are sources to look at: an empty list would pass every rule")
    func sourcesAreFound() {
        #expect(SourceFile.all.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
        let targets = Set(SourceFile.all.filter { !$0.isTest }.map(\.target))
        #expect(targets == Set(Rule.allowedImports.keys))
    }
}
