import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Settings and states of queues.
    public static let queues: [JobStoreCheck] = [
        JobStoreCheck("a pause says since when, by whom and why, and a second changes nothing") { test in
            let since = try await test.now()
            try await test.store.configure(queue: "q", .pause(by: "ann", reason: "repairs"))
            try await test.advance(.seconds(5))
            try await test.store.configure(queue: "q", .pause(by: "bob", reason: "other"))
            let pause = try #require(try await test.store.queues(scope: .system).first?.pause)
            #expect(pause.by == "ann" && pause.reason == "repairs")
            #expect(abs(pause.since.timeIntervalSince(since)) <= test.tolerance.seconds)
            try await test.store.configure(queue: "q", .resume)
            let queue = try #require(try await test.store.queues(scope: .system).first)
            #expect(queue.name == "q" && queue.pause == nil)
        },
        JobStoreCheck("a queue without jobs is forgotten with its settings, and one with jobs is not") { test in
            let store = test.store
            await expect(.notFound) { try await store.delete(queue: "typo") }
            let limit = RateLimit(count: 1, per: .seconds(60))
            let changes: [QueueChange] = [
                .pause(by: nil, reason: "r"), .concurrency(2), .rateLimit(limit), .overrideConcurrency(3),
            ]
            try await store.configure(queue: "typo", changes, ifRev: nil)
            try await store.delete(queue: "typo")
            #expect(try await store.queues(scope: .system).isEmpty)
            await expect(.notFound) { try await store.delete(queue: "typo") }
            // Nothing of it is left: what is claimed from it next is neither paused nor limited.
            for _ in 0..<2 { _ = try await test.submit { $0.queue = "typo" } }
            await expect(.conflict) { try await store.delete(queue: "typo") }
            let leases = try await test.claim(2, queues: ["typo"]).map(\.lease)
            #expect(leases.count == 2)
            let queue = try #require(try await store.queues(scope: .system).first)
            #expect(queue.rev == 0 && queue.concurrency == nil && queue.rateLimit == nil && !queue.overridesConcurrency)
            try await store.configure(queue: "typo", .concurrency(1))
            for lease in leases { try await test.complete(lease) }
            await expect(.conflict) { try await store.delete(queue: "typo") }
            for lease in leases { try await store.delete(.id(lease.id), scope: .system) }
            try await store.delete(queue: "typo")
            #expect(try await store.queues(scope: .system).isEmpty)
        },
        JobStoreCheck("texts that people give are bounded, and refused where they are") { test in
            let long = String(repeating: "é", count: JobLimits.errorBytes / 2)
            let job = try await test.submit()
            await expect(.invalid, pointer: "/reason") {
                _ = try await test.store.cancel(.id(job.id), reason: long + "e", scope: .default)
            }
            await expect(.invalid, pointer: "/reason") {
                _ = try await test.store.cancel(.id(job.id), reason: "a\0b", scope: .default)
            }
            #expect(try await test.read(job.id).status == .queued)
            _ = try await test.store.cancel(.id(job.id), reason: long, scope: .default)
            #expect(try await test.read(job.id).error == long)
            await expect(.invalid, pointer: "/reason") {
                try await test.store.configure(queue: "q", .pause(by: nil, reason: long + "e"))
            }
            #expect(try await test.store.queues(scope: .system).map(\.name) == ["default"])
            try await test.store.configure(queue: "q", .pause(by: "ann", reason: long))
            #expect(try await test.store.queues(scope: .system).last?.pause?.reason == long)
        },
        JobStoreCheck("a job says that its queue is paused") { test in
            let inserted = try await test.submit()
            try await test.store.configure(queue: "default", .pause(by: nil, reason: nil))
            let paused = try await test.read(inserted.id)
            let now = try await test.now()
            #expect(paused.isQueuePaused && paused.substate(at: now) == .paused && paused.rev == 1)
            let listed = try await test.store.jobs(JobFilter(), page: PageRequest(), scope: .system)
            #expect(listed.jobs.map(\.isQueuePaused) == [true])
            try await test.store.configure(queue: "default", .resume)
            #expect(try await test.read(inserted.id).isQueuePaused == false)
        },
        JobStoreCheck("runs of a paused queue go on") { test in
            let lease = try await test.run()
            try await test.store.configure(queue: "default", .pause(by: nil, reason: nil))
            #expect(try await test.renew(lease) == .renewed)
            #expect(try await test.complete(lease) == .applied(.completed))
        },
        JobStoreCheck("a queue counts its jobs and tells how long the first one waits") { test in
            for _ in 0..<3 { _ = try await test.submit { $0.queue = "q" } }
            try await test.advance(.seconds(8))
            _ = try await test.submit { $0.queue = "q" }
            let queue = try #require(try await test.store.queues(scope: .default).first)
            #expect(queue.name == "q" && queue.counts.queued == 4 && queue.counts.total == 4)
            #expect(abs((queue.oldestReady ?? .zero).seconds - 8) <= test.tolerance.seconds)
            try await test.store.configure(queue: "q", .pause(by: nil, reason: nil))
            #expect(try await test.store.queues(scope: .default).first?.oldestReady == nil)
        },
        JobStoreCheck("a limit is told and lifted") { test in
            try await test.store.configure(queue: "q", .concurrency(4))
            #expect(try await test.store.queues(scope: .system).map(\.concurrency) == [4])
            try await test.store.configure(queue: "q", .concurrency(nil))
            #expect(try await test.store.queues(scope: .system).map(\.concurrency) == [nil])
        },
        JobStoreCheck("a limit that was set goes before the configured one, which is kept") { test in
            let store = test.store
            let rates = [RateLimit(count: 5, per: .seconds(1)), RateLimit(count: 9, per: .seconds(2))]
            try await store.configure(queue: "q", [.concurrency(4), .rateLimit(rates[0])], ifRev: nil)
            try await store.configure(
                queue: "q",
                [.overrideConcurrency(2), .overrideRateLimit(rates[1])],
                ifRev: nil
            )
            try await store.configure(queue: "q", .concurrency(6))
            let set = try #require(try await store.queues(scope: .system).first)
            #expect(set.concurrency == 2 && set.rateLimit == rates[1])
            #expect(set.overridesConcurrency && set.overridesRateLimit)
            try await store.configure(queue: "q", [.overrideConcurrency(nil), .overrideRateLimit(nil)], ifRev: nil)
            let back = try #require(try await store.queues(scope: .system).first)
            #expect(back.concurrency == 6 && back.rateLimit == rates[0])
            #expect(!back.overridesConcurrency && !back.overridesRateLimit && back.rev > set.rev)
        },
        JobStoreCheck("a limit that was set holds for claims") { test in
            for _ in 0..<3 { _ = try await test.submit() }
            try await test.store.configure(queue: "default", .overrideConcurrency(2))
            #expect(try await test.claim(5).count == 2)
            try await test.store.configure(queue: "default", .overrideConcurrency(nil))
            #expect(try await test.claim(5).count == 1)
        },
        JobStoreCheck("changes of a queue that were meant for another revision are refused, all of them") { test in
            let store = test.store
            try await store.configure(queue: "q", [.concurrency(4)], ifRev: [0])
            let rev = try #require(try await store.queues(scope: .system).first).rev
            await expect(.outdated) {
                try await store.configure(queue: "q", [.resume, .overrideConcurrency(1)], ifRev: [rev + 1])
            }
            let after = try #require(try await store.queues(scope: .system).first)
            #expect(after.concurrency == 4 && after.rev == rev)
            // What the configuration says once more is no change.
            try await store.configure(queue: "q", .concurrency(4))
            #expect(try await store.queues(scope: .system).first?.rev == rev)
            await expect(.invalid, pointer: "/concurrency") {
                try await store.configure(
                    queue: "q",
                    [.pause(by: nil, reason: nil), .overrideConcurrency(0)],
                    ifRev: nil
                )
            }
            #expect(try await store.queues(scope: .system).first?.pause == nil)
        },
        JobStoreCheck("a queue's name is bound by the limits of names") { test in
            await expect(.invalid) { try await test.store.configure(queue: "", .resume) }
            let long = Name(String(repeating: "q", count: 201))
            await expect(.invalid) { try await test.store.configure(queue: long, .resume) }
        },
    ]
}
