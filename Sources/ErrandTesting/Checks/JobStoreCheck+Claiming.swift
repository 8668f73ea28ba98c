import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// What a claim takes and what it does.
    public static let claiming: [JobStoreCheck] = [
        JobStoreCheck("a claim moves a job to running under a lease") { test in
            let inserted = try await test.submit { job in
                job.payload = .checked(#"{"n": 1}"#)
                job.projectId = "p"
                job.createdBy = "ann"
                job.timeoutSeconds = 5
                job.traceparent = "trace"
                job.maxAttempts = 4
            }
            let run = try #require(try await test.claim().first)
            #expect(run.lease == JobLease(id: inserted.id, number: inserted.number, fence: 1))
            #expect(run.type == "work" && run.queue == "default" && run.payload == .checked(#"{"n": 1}"#))
            #expect(run.tenantId == "default" && run.projectId == "p" && run.createdBy == "ann")
            #expect(run.attempt == 1 && run.maxAttempts == 4 && run.lostCount == 0 && run.checkpoint == nil)
            #expect(run.timeoutSeconds == 5 && run.traceparent == "trace")
            let job = try await test.read(inserted.id)
            #expect(job.status == .running && job.fence == 1 && job.attempt == 1 && job.rev == 2)
            #expect(job.workerId == "w1" && job.leaseEnd != nil && job.progress == nil)
            #expect(run.runAt == job.runAt && run.createdAt == job.createdAt)
            #expect(try await test.isNow(job.startedAt))
        },
        JobStoreCheck("a claim takes no more than its limit, and none when there is none") { test in
            #expect(try await test.claim(10).isEmpty)
            for _ in 0..<5 { _ = try await test.submit() }
            #expect(try await test.claim(0).isEmpty)
            #expect(try await test.claim(3).count == 3)
            #expect(try await test.claim(3).count == 2)
            #expect(try await test.claim(3).isEmpty)
        },
        JobStoreCheck("the order is priority, then due time, then number") { test in
            let now = try await test.now()
            var expected: [Int: JobID] = [:]
            let wanted: [(Int16, TimeInterval, Int)] = [
                (5, -10, 4), (0, -5, 2), (0, -5, 3), (-3, -1, 0), (5, -5, 5), (0, -60, 1), (300, -900, 6),
            ]
            for (priority, due, place) in wanted {
                expected[place] = try await test.submit { job in
                    job.priority = priority
                    job.runAt = Moment(clamping: now + due)
                }.id
            }
            let claimed = try await test.claim(10).map(\.lease.id)
            #expect(claimed == (0..<wanted.count).compactMap { expected[$0] })
        },
        JobStoreCheck("the order holds over claims one by one, and over types") { test in
            let wanted: [(Name, Int16)] = [("b", 2), ("a", 3), ("b", 0), ("a", 1)]
            for (type, priority) in wanted { _ = try await test.submit(type) { $0.priority = priority } }
            var order: [Name] = []
            for _ in 0..<4 { order += try await test.claim(types: ["a", "b"]).map(\.type) }
            #expect(order == ["b", "a", "b", "a"])
        },
        JobStoreCheck("a job that is not due is left until it is") { test in
            let due = try await test.date(in: .milliseconds(1500))
            _ = try await test.submit { $0.runAt = Moment(clamping: due) }
            #expect(try await test.claim().isEmpty)
            try await test.advance(.milliseconds(1499))
            if test.tolerance == .zero { #expect(try await test.claim().isEmpty) }
            try await test.advance(.milliseconds(1))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a wall clock set back makes a job wait that was due") { test in
            let due = try await test.now()
            _ = try await test.submit { $0.runAt = Moment(clamping: due) }
            try await test.jumpWall(.seconds(-3600))
            _ = try await test.store.reap(limit: 10)
            #expect(try await test.claim().isEmpty)
            try await test.advance(.seconds(3600))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a claim tells how long until the next job is due") { test in
            #expect(try await test.store.claim(test.request()).nextDue == nil)
            let now = try await test.now()
            for (type, queue, delay) in [
                ("work", "default", 40), ("work", "default", 90), ("other", "default", 10), ("work", "slow", 20),
            ] as [(Name, Name, Double)] {
                _ = try await test.submit(type) { job in
                    job.queue = queue
                    job.runAt = Moment(clamping: now + delay)
                }
            }
            let blocker = try await test.submit("blocker")
            _ = try await test.submit { job in
                job.after = [blocker.id]
                job.runAt = Moment(clamping: now + 5)
            }
            let all = try #require(try await test.store.claim(test.request()).nextDue)
            #expect(abs(all.seconds - 20) <= test.tolerance.seconds)
            let one = try #require(try await test.store.claim(test.request(queues: ["default"])).nextDue)
            #expect(abs(one.seconds - 40) <= test.tolerance.seconds)
            #expect(try await test.store.claim(test.request(types: ["none"])).nextDue == nil)
        },
        JobStoreCheck("jobs of a type the worker does not know are left alone and uncharged") { test in
            let inserted = try await test.submit("other")
            #expect(try await test.claim().isEmpty)
            #expect(try await test.claim(types: []).isEmpty)
            let job = try await test.read(inserted.id)
            #expect(job.attempt == 0 && job.fence == 0 && job.rev == 1)
            #expect(try await test.claim(types: ["work", "other"]).count == 1)
        },
        JobStoreCheck("a claim within a scope takes what is in it only, and in its order") { test in
            var jobs: [Name: JobID] = [:]
            let wanted: [(Name, Scope, Name?)] = [
                ("other", .tenant("b"), "p"), ("none", .tenant("a"), nil), ("q", .tenant("a"), "q"),
                ("p1", .tenant("a"), "p"), ("r", .tenant("a"), "r"), ("p2", .tenant("a"), "p"),
            ]
            for (name, scope, project) in wanted {
                jobs[name] = try await test.submit(scope: scope) { $0.projectId = project }.id
            }
            func claim(_ scope: Scope, _ limit: Int = 10) async throws -> [Name] {
                var request = test.request(limit)
                request.scope = scope
                let claim = try await test.store.claim(request)
                return claim.jobs.compactMap { job in jobs.first { $0.value == job.lease.id }?.key }
            }
            #expect(try await claim(.tenant("c")).isEmpty)
            #expect(try await claim(.tenant("a", projects: [])).isEmpty)
            #expect(try await claim(.tenant("a", projects: ["s"])).isEmpty)
            #expect(try await claim(.tenant("b", projects: ["q"])).isEmpty)
            #expect(try await claim(.tenant("a", projects: ["p", "r"]), 2) == ["p1", "r"])
            #expect(try await claim(.tenant("a", projects: ["p", "r"])) == ["p2"])
            // What a narrower claim left is still there for others.
            #expect(try await claim(.tenant("a"), 1) == ["none"])
            #expect(try await claim(.tenant("a")) == ["q"])
            #expect(try await claim(.system) == ["other"])
        },
        JobStoreCheck("a claim within a scope waits for what is in it only") { test in
            let due = try await test.date(in: .seconds(9))
            let early = try await test.date(in: .seconds(5))
            _ = try await test.submit(scope: .tenant("b")) { $0.runAt = Moment(clamping: early) }
            _ = try await test.submit(scope: .tenant("a")) { $0.runAt = Moment(clamping: due) }
            var request = test.request()
            request.scope = .tenant("a")
            let wait = try #require(try await test.store.claim(request).nextDue)
            #expect(wait > .seconds(5) && wait <= .seconds(9))
        },
        JobStoreCheck("a claim takes from the queues asked for only") { test in
            for queue in ["a", "b", "c"] as [Name] { _ = try await test.submit { $0.queue = queue } }
            #expect(try await test.claim(10, queues: ["none"]).isEmpty)
            #expect(try await test.claim(10, queues: []).isEmpty)
            #expect(try await test.claim(10, queues: ["b", "b"]).map(\.queue) == ["b"])
            #expect(Set(try await test.claim(10, queues: ["a", "b", "c"]).map(\.queue)) == ["a", "c"])
        },
        JobStoreCheck("a tracked job is never claimed") { test in
            _ = try await test.track()
            #expect(try await test.claim(10, types: ["tracked"]).isEmpty)
        },
        JobStoreCheck("a running job is not claimed again") { test in
            _ = try await test.run()
            #expect(try await test.claim(10).isEmpty)
        },
        JobStoreCheck("concurrent claims never share a job") { test in
            let batch = Array(repeating: NewJob(type: "work"), count: 60)
            let inserted = try await test.store.insert(batch, scope: .default)
            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for _ in 0..<12 { group.addTask { try await test.claim(7).map(\.lease.id) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 60)
            #expect(Set(claimed) == Set(inserted.map(\.id)))
        },
        JobStoreCheck("a claim clears the progress of the run before") { test in
            let lease = try await test.run()
            try await test.report(lease) { report in
                report.progress = 80
                report.message = "nearly"
                report.data = .checked(#"{"kept": true}"#)
                report.checkpoint = .checked("[1]")
            }
            try await test.fail(lease, retryAfter: .zero)
            let run = try #require(try await test.claim().first)
            #expect(run.attempt == 2 && run.lease.fence == 2 && run.checkpoint == .checked("[1]"))
            let job = try await test.read(lease.id)
            #expect(job.progress == nil && job.progressMessage == nil)
            #expect(job.data == .checked(#"{"kept": true}"#))
        },
        JobStoreCheck("nothing of a paused queue is claimed") { test in
            _ = try await test.submit { $0.queue = "slow" }
            _ = try await test.submit()
            try await test.store.configure(queue: "slow", .pause(by: nil, reason: nil))
            #expect(try await test.claim(10).map(\.queue) == ["default"])
            #expect(try await test.claim(10, queues: ["slow"]).isEmpty)
            try await test.store.configure(queue: "slow", .resume)
            #expect(try await test.claim(10).map(\.queue) == ["slow"])
        },
        JobStoreCheck("a queue's limit counts the running jobs of all workers") { test in
            try await test.store.configure(queue: "slow", .concurrency(2))
            for _ in 0..<5 { _ = try await test.submit { $0.queue = "slow" } }
            let first = try await test.claim(10)
            #expect(first.count == 2)
            #expect(try await test.claim(10, queues: ["slow"]).isEmpty)
            try await test.complete(try #require(first.first).lease)
            #expect(try await test.claim(10).count == 1)
            try await test.store.configure(queue: "slow", .concurrency(nil))
            #expect(try await test.claim(10).count == 2)
        },
        JobStoreCheck("a cancel, a failure and a reap make room below a limit") { test in
            try await test.store.configure(queue: "default", .concurrency(1))
            for _ in 0..<4 { _ = try await test.submit() }
            let cancelled = try await test.claimOne()
            try await test.cancel(cancelled.id)
            try await test.settle(cancelled, .acknowledgeCancel)
            try await test.fail(try await test.claimOne())
            _ = try await test.claimOne(lease: .seconds(1))
            #expect(try await test.claim(5).isEmpty)
            try await test.advance(.seconds(1))
            #expect(try await test.store.reap(limit: 5) == 1)
            #expect(try await test.claim(5).count == 1)
        },
        JobStoreCheck("claims at once never exceed a queue's limit") { test in
            try await test.store.configure(queue: "default", .concurrency(3))
            _ = try await test.store.insert(Array(repeating: NewJob(type: "work"), count: 20), scope: .default)
            let claimed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await test.claim(2).count } }
                return try await group.reduce(0, +)
            }
            #expect(claimed == 3)
        },
    ]

    /// Taking turns over tenants and queues.
    public static let rotating: [JobStoreCheck] = [
        JobStoreCheck("one tenant's flood delays another by one round at most") { test in
            _ = try await test.store.insert(Array(repeating: NewJob(type: "work"), count: 50), scope: .tenant("a"))
            _ = try await test.store.insert(Array(repeating: NewJob(type: "work"), count: 2), scope: .tenant("b"))
            var order: [Name?] = []
            for _ in 0..<4 { order += try await test.claim().map(\.tenantId) }
            #expect(order.count { $0 == "b" } == 2)
        },
        JobStoreCheck("one claim serves the tenants in turns") { test in
            for tenant in ["a", "b", "c"] as [Name] {
                let count = tenant == "c" ? 1 : 5
                let batch = Array(repeating: NewJob(type: "work"), count: count)
                _ = try await test.store.insert(batch, scope: .tenant(tenant))
            }
            let claimed = try await test.claim(7).map { $0.tenantId ?? "" }
            #expect(Set(claimed.prefix(3)) == ["a", "b", "c"])
            #expect(claimed.count { $0 == "a" } == 3 && claimed.count { $0 == "b" } == 3)
        },
        JobStoreCheck("a priority counts within its tenant only") { test in
            _ = try await test.store.insert(
                (0..<5).map { _ in
                    var job = NewJob(type: "work")
                    job.priority = -100
                    return job
                },
                scope: .tenant("a")
            )
            _ = try await test.submit(scope: .tenant("b")) { $0.priority = 100 }
            #expect(Set(try await test.claim(2).map { $0.tenantId ?? "" }) == ["a", "b"])
        },
        JobStoreCheck("the system's own jobs take turns like a tenant's") { test in
            _ = try await test.store.insert(Array(repeating: NewJob(type: "work"), count: 5), scope: .tenant("a"))
            _ = try await test.submit(scope: .system)
            #expect(Set(try await test.claim(2).map(\.tenantId)) == ["a", nil])
        },
        JobStoreCheck("a claim goes on with the tenant after the one served last") { test in
            for tenant in ["a", "b", "c", "d"] as [Name] {
                let batch = Array(repeating: NewJob(type: "work"), count: 6)
                _ = try await test.store.insert(batch, scope: .tenant(tenant))
            }
            var served: [Name] = []
            for limit in [1, 2, 3, 1, 4, 5, 2, 2, 4] {
                served += try await test.claim(limit).map { $0.tenantId ?? "" }
            }
            for round in 0..<6 { #expect(Set(served[(round * 4)..<(round * 4 + 4)]).count == 4) }
        },
        JobStoreCheck("a flooded queue does not starve another") { test in
            let flood = (0..<40).map { _ in NewJob(type: "work", queue: "a") }
            _ = try await test.store.insert(flood, scope: .default)
            for _ in 0..<2 { _ = try await test.submit { $0.queue = "b" } }
            var order: [Name] = []
            for _ in 0..<4 { order += try await test.claim().map(\.queue) }
            #expect(order.count { $0 == "b" } == 2)
            let batch = (0..<3).map { _ in NewJob(type: "work", queue: "c") }
            _ = try await test.store.insert(batch, scope: .default)
            #expect(try await test.claim(6).count { $0.queue == "c" } == 3)
        },
    ]
}
