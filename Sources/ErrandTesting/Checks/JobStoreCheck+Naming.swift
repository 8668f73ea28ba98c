import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Names are compared as bytes, whatever is compared: what Unicode calls the same in another spelling is another.
    public static let naming: [JobStoreCheck] = [
        JobStoreCheck("jobs of queues that are spelt otherwise are claimed, counted and paused apart") { test in
            for (one, other) in spellings {
                try await test.submitEach(one, other) { $0.queue = $1 }
                let own = try await test.store.queues(scope: .system).filter { $0.name == one || $0.name == other }
                #expect(own.map(\.name) == [one, other].sorted() && own.allSatisfy { $0.counts.queued == 1 })
                try await test.store.configure(queue: one, .pause(by: nil, reason: nil))
                #expect(try await test.claim(9, queues: [one]).isEmpty)
                #expect(try await test.claim(9, queues: [other]).map(\.queue) == [other])
                try await test.store.configure(queue: one, .resume)
                #expect(try await test.claim(9, queues: [one]).map(\.queue) == [one])
                let counts = try await test.store.counts(by: .queue, projectId: nil, scope: .system)
                #expect(counts[one]?.running == 1 && counts[other]?.running == 1)
            }
        },
        JobStoreCheck("queues that are spelt otherwise have limits of their own") { test in
            for (one, other) in spellings {
                for _ in 0..<2 { try await test.submitEach(one, other) { $0.queue = $1 } }
                try await test.store.configure(queue: one, .concurrency(1))
                try await test.store.configure(queue: other, .rateLimit(RateLimit(count: 1, per: .seconds(60))))
                #expect(try await test.claim(9, queues: [one, other]).map(\.queue).sorted() == [one, other].sorted())
                #expect(try await test.claim(9, queues: [one, other]).isEmpty)
            }
        },
        JobStoreCheck("jobs of types and projects that are spelt otherwise are claimed, listed and counted apart") {
            test in
            for (one, other) in spellings {
                try await test.submitEach(one, other) { ($0.type, $0.projectId) = ($1, $1) }
                var filter = JobFilter()
                filter.types = [one]
                #expect(try await test.listed(filter).map(\.type) == [one])
                filter = JobFilter()
                filter.projectId = other
                #expect(try await test.listed(filter).map(\.projectId) == [other])
                for grouping in [JobGrouping.type, .project] {
                    let counts = try await test.store.counts(by: grouping, projectId: nil, scope: .system)
                    #expect(counts[one]?.total == 1 && counts[other]?.total == 1)
                }
                #expect(try await test.claim(9, types: [other]).map(\.type) == [other])
                #expect(try await test.claim(9, types: [one]).map(\.type) == [one])
            }
        },
        JobStoreCheck("a tenant, and a scope of projects, see nothing of those that are spelt otherwise") { test in
            for (one, other) in spellings {
                let job = try await test.submit(scope: .tenant(one)) { $0.projectId = one }
                await expectHidden(.id(job.id), .tenant(other), test.store)
                await expectHidden(.id(job.id), .tenant(one, projects: [other]), test.store)
                for scope in [Scope.tenant(other), .tenant(one, projects: [other])] {
                    let list = try await test.store.jobs(JobFilter(), page: PageRequest(), scope: scope)
                    #expect(list.jobs.isEmpty)
                    #expect(try await test.store.counts(by: .type, projectId: nil, scope: scope).isEmpty)
                    #expect(try await test.store.queues(scope: scope).allSatisfy { $0.counts.total == 0 })
                    var request = test.request(9)
                    request.scope = scope
                    #expect(try await test.store.claim(request).jobs.isEmpty)
                }
                #expect(try await test.store.job(.id(job.id), scope: .tenant(one, projects: [one])).tenantId == one)
                #expect(try await test.claim(9).map(\.tenantId) == [one])
            }
        },
        JobStoreCheck("tenants that are spelt otherwise take turns, and have limits of their own") { test in
            for (one, other) in spellings {
                for tenant in [one, one, other] { _ = try await test.submit(scope: .tenant(tenant)) }
                var request = test.request(2)
                request.runningJobsPerTenant = 1
                let first = try await test.store.claim(request).jobs
                #expect(first.compactMap(\.tenantId).sorted() == [one, other].sorted())
                request.runningJobsPerTenant = nil
                #expect(try await test.store.claim(request).jobs.map(\.tenantId) == [one])
            }
        },
        JobStoreCheck("unique keys that are spelt otherwise are two, in one batch and after each other") { test in
            for (one, other) in spellings {
                let jobs = [one, other, one].map { key in
                    var job = NewJob(type: "work")
                    job.uniqueKey = key
                    return job
                }
                let batch = try await test.store.insert(jobs, scope: .default)
                #expect(batch.map(\.outcome) == [.inserted, .inserted, .existing] && batch[0].id == batch[2].id)
                for (key, earlier) in [(one, batch[0]), (other, batch[1])] {
                    let again = try await test.submit { $0.uniqueKey = key }
                    #expect(again.outcome == .existing && again.id == earlier.id)
                    #expect(try await test.read(again.id).uniqueKey == key)
                }
                for key in [one, other] {
                    #expect(try await test.submit("other") { $0.uniqueKey = key }.outcome == .inserted)
                    #expect(try await test.submit(scope: .tenant(key)) { $0.uniqueKey = one }.outcome == .inserted)
                }
            }
        },
        JobStoreCheck("jobs of one batch that differ in the spelling of a name are all stored as they are") { test in
            let differences: [(inout NewJob, Name) -> Void] = [
                { $0.type = $1 }, { $0.queue = $1 }, { $0.projectId = $1 }, { $0.createdBy = $1.text },
                { $0.payload = .checked("{\"a\":\"\($1)\"}") },
            ]
            for (one, other) in spellings {
                for differ in differences {
                    // As many as a store may write together, where they are alike.
                    let jobs = (0..<20).map { index in
                        var job = NewJob(type: "work")
                        differ(&job, index < 10 ? one : other)
                        return job
                    }
                    let stored = try await test.store.insert(jobs, scope: .default)
                    for index in [0, 9, 10, 19] {
                        let (read, new) = (try await test.read(stored[index].id), jobs[index])
                        #expect(read.type == new.type && read.queue == new.queue && read.projectId == new.projectId)
                        #expect(read.payload == new.payload)
                        #expect(read.createdBy.map { Name($0) } == new.createdBy.map { Name($0) })
                    }
                }
            }
        },
        JobStoreCheck("workers that are spelt otherwise are two") { test in
            for (one, other) in spellings {
                for id in [one, other] { _ = try await test.store.announce(test.announcement(id)) }
                try await test.store.want(.quiet, ofWorker: one)
                _ = try await test.submit()
                var request = test.request()
                request.worker = other
                #expect(try await test.store.claim(request).jobs.count == 1)
                let workers = try await test.store.workers(scope: .system)
                #expect(workers.map(\.announcement.id).sorted() == [one, other].sorted())
                #expect(workers.first { $0.announcement.id == one }?.wanted == .quiet)
                #expect(workers.first { $0.announcement.id == other }?.wanted == .run)
                #expect(workers.first { $0.announcement.id == one }?.leaseCount == 0)
                #expect(workers.first { $0.announcement.id == other }?.leaseCount == 1)
                for id in [one, other] { try await test.store.withdraw(worker: id) }
            }
        },
        JobStoreCheck("tags that are spelt otherwise are others, and one is changed into the other") { test in
            for (one, other) in spellings {
                var filter = JobFilter()
                let job = try await test.submit()
                for tag in [one.text, other.text] {
                    try await test.amend(job.id) { $0.tags = [tag] }
                    filter.tag = tag
                    #expect(try await test.listed(filter).map(\.id) == [job.id])
                }
                filter.tag = one.text
                #expect(try await test.listed(filter).isEmpty)
            }
        },
        JobStoreCheck("a sign that a database knows is one with an accent behind it, too") { test in
            for name in ["a'\u{301}b", "\"\u{301},\"\u{301}", "\\\u{301}", "$1\u{301}", "{\u{301}}", "a\r\nb"] as [Name]
            {
                let job = try await test.submit(name, scope: .tenant(name)) { job in
                    (job.queue, job.projectId, job.uniqueKey) = (name, name, name)
                    (job.createdBy, job.createdByName) = (name.text, name.text)
                }
                try await test.amend(job.id) { $0.tags = [name.text, "other"] }
                var filter = JobFilter()
                (filter.tag, filter.createdBy, filter.queue, filter.projectId) = (name.text, name.text, name, name)
                let found = try #require(try await test.listed(filter).first)
                #expect(found.id == job.id && found.uniqueKey == name && found.tenantId == name && found.type == name)
                #expect(found.tags.map { Name($0) } == [name, "other"])
            }
        },
        JobStoreCheck("wake-ups of queues that are spelt otherwise are two") { test in
            for (one, other) in spellings {
                let stream = test.store.changes(.wakeUps)
                let jobs = [one, other].map { NewJob(type: "work", queue: $0) }
                _ = try await test.store.insert(jobs, scope: .default)
                // A store that looks for itself may tell of more.
                let heard = await stream.first { $0.queues.contains(one) || $0.queues.contains(other) }
                #expect(heard?.queues.isSuperset(of: [one, other]) == true)
            }
        },
    ]

    /// Names that Unicode calls the same text, in two spellings each, and the one that merely looks the same to a
    /// comparison of letters without case.
    static let spellings: [(one: Name, other: Name)] = [
        ("caf\u{E9}", "cafe\u{301}"),
        // A sign that stands for a letter: as old character sets have it.
        ("\u{C5}ngstrom", "\u{212B}ngstrom"), ("K", "\u{212A}"), (";", "\u{37E}"),
        ("\u{AC00}", "\u{1100}\u{1161}"),
        // Two accents in either order.
        ("a\u{323}\u{307}", "a\u{307}\u{323}"),
        ("\u{2126}", "\u{3A9}"), ("Q", "q"),
    ]
}

extension JobStoreUnderTest {
    fileprivate func submitEach(
        _ one: Name,
        _ other: Name,
        _ change: (inout NewJob, Name) -> Void
    ) async throws {
        for name in [one, other] { _ = try await submit { change(&$0, name) } }
    }

    fileprivate func listed(_ filter: JobFilter) async throws -> [Job] {
        try await store.jobs(filter, page: PageRequest(), scope: .system).jobs
    }
}
