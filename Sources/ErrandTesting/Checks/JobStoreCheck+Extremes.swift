import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Times and numbers at either end of what can be said: no operation may end the process, or keep what it cannot
    /// read again.
    public static let extremes: [JobStoreCheck] = momentExtremes + numberExtremes

    private static let momentExtremes: [JobStoreCheck] = [
        JobStoreCheck("the first and the last moment are kept by submit, amend and retry, and due as they say") {
            test in
            let early = try await test.submit { $0.runAt = .earliest }.id
            let late = try await test.submit { $0.runAt = .latest }.id
            let amended = try await test.submit().id
            let retried = try await test.submit().id
            try await test.amend(amended) { $0.due = .at(.latest) }
            try await test.cancel(retried)
            #expect(try await test.retry(retried, runAt: .latest).runAt == Moment.latest.date)
            for id in [late, amended, retried] { #expect(try await test.read(id).runAt == Moment.latest.date) }
            let claim = try await test.store.claim(test.request(9))
            #expect(claim.jobs.map(\.lease.id) == [early] && claim.jobs.first?.runAt == Moment.earliest.date)
            #expect(try #require(claim.nextDue) > .seconds(200 * 365 * 86400))
            let lease = try #require(claim.jobs.first).lease
            try await test.cancel(early)
            try await test.settle(lease, .acknowledgeCancel)
            try await test.retry(early, runAt: .earliest)
            try await test.amend(amended) { $0.due = .at(.earliest) }
            #expect(Set(try await test.claim(9).map(\.lease.id)) == [early, amended])
        },
        JobStoreCheck("a run's delay beyond all time leaves the job due at the last moment") { test in
            for outcome in [Settlement.Outcome.snooze(.seconds(Int64.max)), .release(after: .seconds(Int64.max))] {
                let lease = try await test.run()
                #expect(try await test.settle(lease, outcome) == .applied(.queued))
                #expect(try await test.read(lease.id).runAt == Moment.latest.date)
            }
            let lease = try await test.run()
            #expect(try await test.fail(lease, retryAfter: .seconds(Int64.max)) == .applied(.queued))
            #expect(try await test.read(lease.id).runAt <= Moment.latest.date)
            let early = try await test.run()
            #expect(try await test.settle(early, .release(after: .seconds(Int64.min))) == .applied(.queued))
            #expect(try await test.claim().map(\.lease.id) == [early.id])
        },
        JobStoreCheck("the times of log lines are moved to the nearest moment") { test in
            let lease = try await test.run()
            let odd: [Date] = [.distantPast, Date(timeIntervalSince1970: -1e300), Date(timeIntervalSince1970: 1e300)]
            try await test.report(lease) { $0.logs = odd.map { LogLine(at: $0, level: .info, message: "odd") } }
            let kept = try await test.store.logs(.id(lease.id), after: .min, limit: .max, scope: .system)
            #expect(kept.map(\.line.at) == [Moment.earliest, .earliest, .latest].map(\.date))
        },
        JobStoreCheck("lists are cut by the first and the last moment") { test in
            let id = try await test.submit().id
            for (after, before, found) in [
                (Moment.earliest, Moment.latest, [id]), (.latest, .latest, []), (.earliest, .earliest, []),
            ] {
                var filter = JobFilter()
                (filter.createdAfter, filter.createdBefore) = (after, before)
                #expect(try await test.store.jobs(filter, page: PageRequest(), scope: .system).jobs.map(\.id) == found)
                #expect(try await test.store.count(filter, upTo: .max, scope: .system) == found.count)
            }
        },
    ]

    private static let numberExtremes: [JobStoreCheck] = [
        JobStoreCheck("limits, places and revisions of any size are taken as what they mean") { test in
            let store = test.store
            let id = try await test.submit().id
            for number in [Int64.min, -1, 0, .max] {
                await expect(.notFound) { _ = try await store.job(.number(number), scope: .system) }
                await expect(.outdated) { try await store.delete(.id(id), ifRev: [number], scope: .system) }
            }
            for (place, count) in [(nil, 1), (.max, 1), (.min, 0)] as [(Int64?, Int)] {
                #expect(try await test.seen(from: place) == count)
            }
            #expect(try await test.seen(from: .min, isOldestFirst: true) == 1)
            #expect(try await test.seen(from: .max, isOldestFirst: true) == 0)
            for limit in [Int.min, -1, 0] {
                #expect(try await store.count(JobFilter(), upTo: limit, scope: .system) == 0)
                #expect(try await test.claim(limit).isEmpty)
                #expect(try await store.reap(limit: limit) == 0)
                #expect(try await store.prune(limit: limit, deletedFiles: []).deletedRecords == 0)
                #expect(try await store.logs(.id(id), after: .max, limit: limit, scope: .system).isEmpty)
            }
            #expect(try await store.count(JobFilter(), upTo: .max, scope: .system) == 1)
            #expect(try await store.reap(limit: .max) == 0)
            #expect(try await store.prune(limit: .max, deletedFiles: []).deletedRecords == 0)
            #expect(try await test.claim(.max).map(\.lease.id) == [id])
        },
        JobStoreCheck("a lease of any length holds, and can be renewed for any") { test in
            let long = try await test.run(lease: .seconds(Int64.max))
            try await test.advance(.seconds(86400))
            #expect(try await test.store.reap(limit: 9) == 0)
            #expect(try await test.renew(long, for: .seconds(Int64.max)) == .renewed)
            try await test.cancel(long.id)
            #expect(try await test.retry(long.id).runAt <= Moment.latest.date)
            let short = try await test.run(lease: .seconds(Int64.min))
            #expect(try await test.store.reap(limit: 9) == 1)
            #expect(try await test.renew(short, for: .seconds(Int64.max)) == .lost)
        },
        JobStoreCheck("fences, progress and batches of any size end nothing") { test in
            let lease = try await test.run()
            for fence in [Int64.min, .max] {
                let other = JobLease(id: lease.id, number: lease.number, fence: fence)
                let elsewhere = JobLease(id: lease.id, number: fence, fence: lease.fence)
                for lease in [other, elsewhere] {
                    #expect(try await test.renew(lease) == .lost)
                    guard case .fenced = try await test.report(lease) else { Issue.record("not fenced"); continue }
                    guard case .fenced = try await test.complete(lease) else { Issue.record("not fenced"); continue }
                }
            }
            for (given, kept) in [(Int.min, 0), (Int.max, 100)] {
                #expect(try await test.report(lease) { $0.progress = given } == .applied)
                #expect(try await test.read(lease.id).progress == kept)
            }
            for batch in [Int64.min, .max, .max] {
                try await test.report(lease) { report in
                    (report.logBatch, report.logs) = (batch, [LogLine(at: Date(), level: .info, message: "line")])
                }
            }
            #expect(try await test.store.logs(.id(lease.id), after: .min, limit: .max, scope: .system).count == 2)
        },
        JobStoreCheck("what a job may say in numbers is taken up to its ends, and refused beyond them") { test in
            let longest = 315_360_000
            let kept = try await test.submit { job in
                (job.delaySeconds, job.timeoutSeconds, job.maxAttempts) = (longest, 2_592_000, 1000)
                (job.priority, job.recordExpiresAt) = (.max, 253_402_300_799)
            }
            #expect(try await test.read(kept.id).recordExpiresAt == 253_402_300_799)
            let tracked = try await test.track { $0.tracking = Tracking(staleAfterSeconds: longest) }
            try await test.update(tracked.id) { ($0.status, $0.progress) = (.running, .max) }
            let changes: [(inout NewJob) -> Void] = [
                { $0.delaySeconds = .max }, { $0.delaySeconds = .min }, { $0.delaySeconds = longest + 1 },
                { $0.timeoutSeconds = .max }, { $0.timeoutSeconds = .min }, { $0.maxAttempts = .max },
                { $0.maxAttempts = .min }, { $0.recordExpiresAt = .max }, { $0.recordExpiresAt = .min },
                { $0.recordExpiresAt = 253_402_300_800 }, { $0.tracking = Tracking(staleAfterSeconds: .max) },
                { $0.tracking = Tracking(staleAfterSeconds: .min) },
            ]
            for change in changes { await expect(.invalid) { _ = try await test.submit("bad", change) } }
            for change in [QueueChange.concurrency(.max), .concurrency(.min), .overrideConcurrency(.max)] {
                await expect(.invalid) { try await test.store.configure(queue: "default", change) }
            }
            let wide = RateLimit(count: .max, per: .seconds(Int64.max))
            await expect(.invalid) { try await test.store.configure(queue: "default", .rateLimit(wide)) }
        },
    ]
}

extension JobStoreUnderTest {
    /// How many jobs a page has that goes on behind a number.
    fileprivate func seen(from number: Int64?, isOldestFirst: Bool = false) async throws -> Int {
        let page = PageRequest(limit: .max, before: number, isOldestFirst: isOldestFirst)
        return try await store.jobs(JobFilter(), page: page, scope: .system).jobs.count
    }
}
