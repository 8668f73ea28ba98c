#if Postgres
import Errand
import ErrandPostgres
import ErrandTesting
import Testing

/// Everything that `ErrandTesting` asks of a store; one test a group, so that a group can be run by itself.
@Suite(.timeLimit(.minutes(5)))
struct PostgresJobStoreTests {
    @Test("PostgreSQL: inserting", arguments: JobStoreCheck.inserting)
    func inserting(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: replays", arguments: JobStoreCheck.replaying)
    func replaying(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: unique keys", arguments: JobStoreCheck.uniqueness)
    func uniqueness(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: refusals", arguments: JobStoreCheck.refusing)
    func refusing(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: dependencies", arguments: JobStoreCheck.dependencies)
    func dependencies(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: claiming", arguments: JobStoreCheck.claiming)
    func claiming(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: taking turns", arguments: JobStoreCheck.rotating)
    func rotating(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: rate limits", arguments: JobStoreCheck.rateLimits)
    func rateLimits(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: limits of tenants", arguments: JobStoreCheck.tenantLimits)
    func tenantLimits(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: renewing", arguments: JobStoreCheck.renewing)
    func renewing(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: reporting", arguments: JobStoreCheck.reporting)
    func reporting(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: settling", arguments: JobStoreCheck.settling)
    func settling(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: follow-ups", arguments: JobStoreCheck.followingUp)
    func followingUp(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: cancelling", arguments: JobStoreCheck.cancelling)
    func cancelling(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: stopping", arguments: JobStoreCheck.stopping + JobStoreCheck.stoppingKeys)
    func stopping(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: retrying", arguments: JobStoreCheck.retrying)
    func retrying(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: amending", arguments: JobStoreCheck.amending)
    func amending(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: searching", arguments: JobStoreCheck.searching)
    func searching(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: tracked jobs", arguments: JobStoreCheck.tracking)
    func tracking(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: reaping", arguments: JobStoreCheck.reaping)
    func reaping(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: pruning", arguments: JobStoreCheck.pruning)
    func pruning(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: lists and counts", arguments: JobStoreCheck.querying)
    func querying(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: scopes", arguments: JobStoreCheck.scoping)
    func scoping(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: logs", arguments: JobStoreCheck.logging)
    func logging(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: queues", arguments: JobStoreCheck.queues)
    func queues(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: changes", arguments: JobStoreCheck.changes)
    func changes(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: waiting", arguments: JobStoreCheck.waiting)
    func waiting(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: workers", arguments: JobStoreCheck.workers)
    func workers(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: naming", arguments: JobStoreCheck.naming)
    func naming(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: limits", arguments: JobStoreCheck.limits)
    func limits(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: extremes", arguments: JobStoreCheck.extremes)
    func extremes(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: uploads", arguments: JobStoreCheck.uploads)
    func uploads(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: webhooks", arguments: JobStoreCheck.webhooks)
    func webhooks(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: API keys and audit", arguments: JobStoreCheck.apiKeys + JobStoreCheck.audit)
    func identity(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: datasets", arguments: JobStoreCheck.datasets)
    func datasets(_ check: JobStoreCheck) async throws { try await run(check) }

    @Test("PostgreSQL: between the steps of a cascade", arguments: JobStoreCheck.cascades)
    func cascades(_ check: JobStoreCheck) async throws {
        try await TemporarySchema.withName { name in
            let clock = ManualClock()
            let store = try await TemporarySchema.open(name, clock: clock) { options in
                options.cascades = CascadePace(step: 2)
                options.cascades.goesOn = false
            }
            defer { store.close() }
            try await check.run(JobStoreUnderTest(store, clock: clock))
        }
    }

    private func run(_ check: JobStoreCheck) async throws {
        try await TemporarySchema.with { store, clock in
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
#endif
