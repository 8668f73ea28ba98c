import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import Testing

/// Everything that `ErrandTesting` asks of a store; one test a group, so that a group can be run by itself.
@Suite(.timeLimit(.minutes(5)))
struct SQLiteJobStoreTests {
    @Test("SQLite: inserting", arguments: JobStoreCheck.inserting)
    func inserting(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: replays", arguments: JobStoreCheck.replaying)
    func replaying(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: unique keys", arguments: JobStoreCheck.uniqueness)
    func uniqueness(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: refusals", arguments: JobStoreCheck.refusing)
    func refusing(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: dependencies", arguments: JobStoreCheck.dependencies)
    func dependencies(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: claiming", arguments: JobStoreCheck.claiming)
    func claiming(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: taking turns", arguments: JobStoreCheck.rotating)
    func rotating(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: rate limits", arguments: JobStoreCheck.rateLimits)
    func rateLimits(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: limits of tenants", arguments: JobStoreCheck.tenantLimits)
    func tenantLimits(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: renewing", arguments: JobStoreCheck.renewing)
    func renewing(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: reporting", arguments: JobStoreCheck.reporting)
    func reporting(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: settling", arguments: JobStoreCheck.settling)
    func settling(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: follow-ups", arguments: JobStoreCheck.followingUp)
    func followingUp(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: cancelling", arguments: JobStoreCheck.cancelling)
    func cancelling(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: stopping", arguments: JobStoreCheck.stopping + JobStoreCheck.stoppingKeys)
    func stopping(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: retrying", arguments: JobStoreCheck.retrying)
    func retrying(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: amending", arguments: JobStoreCheck.amending)
    func amending(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: searching", arguments: JobStoreCheck.searching)
    func searching(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: tracked jobs", arguments: JobStoreCheck.tracking)
    func tracking(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: reaping", arguments: JobStoreCheck.reaping)
    func reaping(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: pruning", arguments: JobStoreCheck.pruning)
    func pruning(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: lists and counts", arguments: JobStoreCheck.querying)
    func querying(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: scopes", arguments: JobStoreCheck.scoping)
    func scoping(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: logs", arguments: JobStoreCheck.logging)
    func logging(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: queues", arguments: JobStoreCheck.queues)
    func queues(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: changes", arguments: JobStoreCheck.changes)
    func changes(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: waiting", arguments: JobStoreCheck.waiting)
    func waiting(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: workers", arguments: JobStoreCheck.workers)
    func workers(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: naming", arguments: JobStoreCheck.naming)
    func naming(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: limits", arguments: JobStoreCheck.limits)
    func limits(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: extremes", arguments: JobStoreCheck.extremes)
    func extremes(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: uploads", arguments: JobStoreCheck.uploads)
    func uploads(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: webhooks", arguments: JobStoreCheck.webhooks)
    func webhooks(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: API keys and audit", arguments: JobStoreCheck.apiKeys + JobStoreCheck.audit)
    func identity(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: datasets", arguments: JobStoreCheck.datasets)
    func datasets(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("SQLite: between the steps of a cascade", arguments: JobStoreCheck.cascades)
    func cascades(_ check: JobStoreCheck) async throws {
        var pace = CascadePace(step: 2)
        pace.goesOn = false
        try await TemporaryStore.withFolder { [pace] folder in
            let clock = ManualClock()
            let path = folder.appending(path: "errand.db").path()
            let store = try await TemporaryStore.open(path, clock: clock, cascades: pace)
            defer { store.close() }
            try await check.run(JobStoreUnderTest(store, clock: clock))
        }
    }

    private func run(_ check: JobStoreCheck) async throws {
        try await TemporaryStore.with { store, clock in
            try await check.run(JobStoreUnderTest(store, clock: clock))
        }
    }

    @Test func `every group is asked`() {
        let asked = [
            JobStoreCheck.inserting, JobStoreCheck.replaying, JobStoreCheck.uniqueness, JobStoreCheck.refusing,
            JobStoreCheck.dependencies,
            JobStoreCheck.claiming, JobStoreCheck.rotating, JobStoreCheck.rateLimits, JobStoreCheck.tenantLimits,
            JobStoreCheck.renewing,
            JobStoreCheck.reporting,
            JobStoreCheck.settling, JobStoreCheck.followingUp, JobStoreCheck.cancelling, JobStoreCheck.stopping,
            JobStoreCheck.stoppingKeys, JobStoreCheck.retrying, JobStoreCheck.amending, JobStoreCheck.tracking,
            JobStoreCheck.reaping, JobStoreCheck.pruning,
            JobStoreCheck.querying,
            JobStoreCheck.searching, JobStoreCheck.scoping, JobStoreCheck.logging, JobStoreCheck.queues,
            JobStoreCheck.changes,
            JobStoreCheck.waiting, JobStoreCheck.workers, JobStoreCheck.naming, JobStoreCheck.limits,
            JobStoreCheck.extremes,
        ].joined()
        #expect(asked.map(\.name) == JobStoreCheck.all.map(\.name))
    }
}
