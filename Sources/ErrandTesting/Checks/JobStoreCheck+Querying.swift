import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Listing and counting.
    public static let querying: [JobStoreCheck] = [
        JobStoreCheck("a list is newest first and goes on where the page before ended") { test in
            var numbers: [Int64] = []
            for _ in 0..<7 { numbers.append(try await test.submit().number) }
            var seen: [Int64] = []
            var page = PageRequest(limit: 3)
            var sizes: [Int] = []
            repeat {
                let answer = try await test.store.jobs(JobFilter(), page: page, scope: .default)
                seen += answer.jobs.map(\.number)
                sizes.append(answer.jobs.count)
                page.before = answer.next
            } while page.before != nil
            #expect(seen == numbers.reversed())
            #expect(sizes == [3, 3, 1])
        },
        JobStoreCheck("a page that holds just everything has no next") { test in
            for _ in 0..<3 { _ = try await test.submit() }
            let page = try await test.store.jobs(JobFilter(), page: PageRequest(limit: 3), scope: .default)
            #expect(page.jobs.count == 3 && page.next == nil)
        },
        JobStoreCheck("jobs submitted meanwhile do not shift a list") { test in
            for _ in 0..<4 { _ = try await test.submit() }
            let first = try await test.store.jobs(JobFilter(), page: PageRequest(limit: 2), scope: .default)
            for _ in 0..<3 { _ = try await test.submit() }
            let rest = PageRequest(limit: 10, before: first.next)
            let second = try await test.store.jobs(JobFilter(), page: rest, scope: .default)
            #expect(Set(first.jobs.map(\.id)).isDisjoint(with: second.jobs.map(\.id)))
            #expect(second.jobs.count == 2)
        },
        JobStoreCheck("each filter lets through what it says") { test in
            let special = try await test.submit("special") { job in
                (job.projectId, job.queue, job.createdBy) = ("p", "q", "ann")
                job.metadata = .checked(#"{"tags": ["red", "a\"b"]}"#)
            }
            let plain = try await test.submit("plain") { $0.metadata = .checked(#"{"tags": "red"}"#) }
            try await test.cancel(plain.id)
            let filters: [(inout JobFilter) -> Void] = [
                { $0.statuses = [.queued] }, { $0.types = ["special", "none"] }, { $0.projectId = "p" },
                { $0.queue = "q" }, { $0.tag = "red" }, { $0.tag = "a\"b" }, { $0.createdBy = "ann" },
            ]
            for change in filters {
                var filter = JobFilter()
                change(&filter)
                let jobs = try await test.store.jobs(filter, page: PageRequest(), scope: .default).jobs
                #expect(jobs.map(\.id) == [special.id], "\(filter)")
            }
            var both = JobFilter()
            (both.types, both.statuses) = (["special"], [.cancelled])
            #expect(try await test.store.jobs(both, page: PageRequest(), scope: .default).jobs.isEmpty)
            var none = JobFilter()
            none.statuses = []
            #expect(try await test.store.jobs(none, page: PageRequest(), scope: .default).jobs.isEmpty)
        },
        JobStoreCheck("filters page like lists do") { test in
            for index in 0..<6 { _ = try await test.submit(index.isMultiple(of: 2) ? "even" : "odd") }
            var filter = JobFilter()
            filter.types = ["even"]
            let first = try await test.store.jobs(filter, page: PageRequest(limit: 2), scope: .default)
            #expect(first.jobs.count == 2 && first.next == first.jobs.last?.number)
            let rest = PageRequest(limit: 2, before: first.next)
            let second = try await test.store.jobs(filter, page: rest, scope: .default)
            #expect(second.jobs.count == 1 && second.next == nil)
        },
        JobStoreCheck("a list can be limited to a time: from the first moment, to before the last") { test in
            var dates: [Date] = []
            for _ in 0..<3 {
                let inserted = try await test.submit()
                dates.append(try await test.read(inserted.id).createdAt)
                try await test.advance(.seconds(10))
            }
            var filter = JobFilter()
            (filter.createdAfter, filter.createdBefore) = (Moment(clamping: dates[1]), Moment(clamping: dates[2]))
            let jobs = try await test.store.jobs(filter, page: PageRequest(), scope: .default).jobs
            #expect(jobs.map(\.createdAt) == [dates[1]])
        },
        JobStoreCheck("counts are by status within type, queue or project") { test in
            let first = try await test.run { $0.projectId = "p" }
            try await test.complete(first)
            let second = try await test.run { $0.queue = "q" }
            try await test.fail(second)
            _ = try await test.run()
            _ = try await test.submit("other") { $0.projectId = "p" }
            try await test.cancel(try await test.submit("other").id)
            var work = StatusCounts()
            (work.completed, work.failed, work.running) = (1, 1, 1)
            var other = StatusCounts()
            (other.queued, other.cancelled) = (1, 1)
            let store = test.store
            #expect(
                try await store.counts(by: .type, projectId: nil, scope: .default) == ["work": work, "other": other]
            )
            let queues = try await store.counts(by: .queue, projectId: nil, scope: .default)
            #expect(queues["q"]?.failed == 1 && queues["q"]?.total == 1 && queues["default"]?.total == 4)
            let projects = try await store.counts(by: .project, projectId: nil, scope: .default)
            #expect(projects["p"]?.total == 2 && projects[""]?.total == 3 && projects.count == 2)
            let one = try await store.counts(by: .type, projectId: "p", scope: .default)
            #expect(one["work"]?.completed == 1 && one["other"]?.queued == 1 && one["work"]?.total == 1)
        },
        JobStoreCheck("counts stay true through retry, delete and prune") { test in
            let lease = try await test.run()
            try await test.fail(lease)
            try await test.retry(lease.id)
            var counts = try await test.store.counts(by: .type, projectId: nil, scope: .system)
            #expect(counts["work"]?.queued == 1 && counts["work"]?.total == 1)
            try await test.cancel(lease.id)
            try await test.store.delete(.id(lease.id), scope: .system)
            try await test.cancel(try await test.submit().id)
            try await test.advance(.seconds(8 * 86400))
            _ = try await test.prune()
            counts = try await test.store.counts(by: .type, projectId: nil, scope: .system)
            #expect(counts.values.allSatisfy { $0.total == 0 })
        },
    ]

    /// Nothing crosses scopes.
    public static let scoping: [JobStoreCheck] = [
        JobStoreCheck("another tenant's job is not found by any method") { test in
            let inserted = try await test.submit(scope: .tenant("a"))
            let before = try await test.read(inserted.id)
            for scope in [Scope.tenant("b"), .default, .tenant("a", projects: ["p"]), .tenant("")] {
                for reference in [JobReference.id(inserted.id), .number(inserted.number)] {
                    await expectHidden(reference, scope, test.store)
                }
            }
            #expect(try await test.read(inserted.id) == before)
        },
        JobStoreCheck("an ended job of another tenant can be neither retried nor deleted") { test in
            let inserted = try await test.submit(scope: .tenant("a"))
            try await test.cancel(inserted.id)
            await expectHidden(.id(inserted.id), .tenant("b"), test.store)
            #expect(try await test.read(inserted.id).status == .cancelled)
        },
        JobStoreCheck("the system's own jobs are not a tenant's") { test in
            let inserted = try await test.submit(scope: .system)
            await expectHidden(.id(inserted.id), .default, test.store)
            #expect(try await test.store.job(.id(inserted.id), scope: .system).tenantId == nil)
        },
        JobStoreCheck("a scope with projects sees those and nothing without a project") { test in
            let ids = [
                try await test.submit(scope: .tenant("a")) { $0.projectId = "p" }.id,
                try await test.submit(scope: .tenant("a")) { $0.projectId = "q" }.id,
                try await test.submit(scope: .tenant("a")).id,
            ]
            let scope = Scope.tenant("a", projects: ["p", "z"])
            #expect(try await test.store.job(.id(ids[0]), scope: scope).projectId == "p")
            await expectHidden(.id(ids[1]), scope, test.store)
            await expectHidden(.id(ids[2]), scope, test.store)
            let list = try await test.store.jobs(JobFilter(), page: PageRequest(), scope: scope)
            #expect(list.jobs.map(\.id) == [ids[0]])
            let nothing = Scope.tenant("a", projects: [])
            #expect(try await test.store.jobs(JobFilter(), page: PageRequest(), scope: nothing).jobs.isEmpty)
        },
        JobStoreCheck("lists, counts and queues show a scope its own") { test in
            for tenant in ["a", "a", "b"] as [Name] {
                _ = try await test.submit(scope: .tenant(tenant)) { $0.queue = "q-\(tenant)" }
            }
            _ = try await test.submit(scope: .system)
            for (scope, total, queues) in [
                (Scope.tenant("a"), 2, ["q-a"]), (.tenant("b"), 1, ["q-b"]), (.tenant("c"), 0, []),
                (.system, 4, ["default", "q-a", "q-b"]),
            ] as [(Scope, Int, [Name])] {
                let list = try await test.store.jobs(JobFilter(), page: PageRequest(), scope: scope)
                #expect(list.jobs.count == total)
                let counts = try await test.store.counts(by: .type, projectId: nil, scope: scope)
                #expect(counts.values.reduce(0) { $0 + $1.total } == total)
                let states = try await test.store.queues(scope: scope)
                #expect(states.map(\.name) == queues)
                #expect(states.reduce(0) { $0 + $1.counts.total } == total)
            }
        },
        JobStoreCheck("a scope with projects submits to those only") { test in
            let scope = Scope.tenant("a", projects: ["p"])
            await expect(.invalid, pointer: "/0/projectId") {
                _ = try await test.submit(scope: scope) { $0.projectId = "q" }
            }
            await expect(.invalid, pointer: "/0/projectId") { _ = try await test.submit(scope: scope) }
            let inserted = try await test.submit(scope: scope) { $0.projectId = "p" }
            #expect(inserted.outcome == .inserted)
        },
        JobStoreCheck("names of tenants are compared exactly") { test in
            let inserted = try await test.submit(scope: .tenant("Acme"))
            for name in ["acme", "ACME", "Acme ", "Acme\u{0301}", "A%"] as [Name] {
                await expectHidden(.id(inserted.id), .tenant(name), test.store)
            }
        },
    ]

    static func expectHidden(_ job: JobReference, _ scope: Scope, _ store: any JobStore) async {
        let uses: [(any JobStore) async throws -> Void] = [
            { _ = try await $0.job(job, scope: scope) },
            { _ = try await $0.update(job, with: TrackedUpdate(), scope: scope) },
            { _ = try await $0.cancel(job, reason: nil, scope: scope) },
            { _ = try await $0.retry(job, runAt: nil, scope: scope) },
            { try await $0.delete(job, scope: scope) },
            { _ = try await $0.logs(job, after: 0, limit: 10, scope: scope) },
            { _ = try await $0.files(job, scope: scope) },
        ]
        for use in uses { await expect(.notFound) { try await use(store) } }
    }
}
