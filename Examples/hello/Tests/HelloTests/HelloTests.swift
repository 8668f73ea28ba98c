import Errand
import ErrandTesting
import Testing

@testable import Hello

@Test("a greeting is made from the name")
func greeting() async throws {
    let jobs = TestJobs(.hello)
    try await jobs.client.push(Greeting(name: "Ann"))
    try await jobs.runAll()
    let results = try await jobs.submitted("Greeting").map { try $0.result?.decode(as: Greeted.self).text }
    #expect(results == ["Hello, Ann!"])
}
