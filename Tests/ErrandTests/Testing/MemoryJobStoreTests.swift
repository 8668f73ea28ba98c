import Errand
import ErrandTesting
import Testing

@Suite(.timeLimit(.minutes(5)))
struct MemoryJobStoreTests {
    @Test(
        "Memory: every check",
        arguments: JobStoreCheck.all + JobStoreCheck.uploads + JobStoreCheck.datasets + JobStoreCheck.apiKeys
            + JobStoreCheck.audit
            + JobStoreCheck.webhooks
    )
    func check(_ check: JobStoreCheck) async throws {
        let clock = ManualClock()
        try await check.run(JobStoreUnderTest(MemoryJobStore(clock: clock), clock: clock))
    }

    @Test("Memory: between the steps of a cascade", arguments: JobStoreCheck.cascades)
    func cascades(_ check: JobStoreCheck) async throws {
        let clock = ManualClock()
        let store = MemoryJobStore(clock: clock, cascades: CascadePace(step: 2))
        try await check.run(JobStoreUnderTest(store, clock: clock))
    }

    @Test func `every check has a name of its own`() {
        #expect(Set(JobStoreCheck.all.map(\.name)).count == JobStoreCheck.all.count)
    }
}
