import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Log lines of jobs.
    public static let logging: [JobStoreCheck] = [
        JobStoreCheck("lines come back in order, from where the reader stopped") { test in
            let lease = try await test.run()
            let at = try await test.now()
            for batch in 0..<3 {
                try await test.report(lease) { report in
                    report.logs = (0..<4).map {
                        LogLine(at: at, level: LogLine.Level.allCases[$0], message: "\(batch)-\($0)")
                    }
                }
            }
            var seen: [StoredLogLine] = []
            while true {
                let last = seen.last?.sequence ?? 0
                let lines = try await test.store.logs(.id(lease.id), after: last, limit: 5, scope: .default)
                if lines.isEmpty { break }
                seen += lines
            }
            #expect(seen.map(\.line.message) == (0..<12).map { "\($0 / 4)-\($0 % 4)" })
            #expect(seen.map(\.sequence) == seen.map(\.sequence).sorted() && Set(seen.map(\.sequence)).count == 12)
            #expect(seen.first?.line.level == .trace && seen.allSatisfy { $0.attempt == 1 })
            #expect(seen.first?.line.at == at.wholeMilliseconds)
        },
        JobStoreCheck("lines alone are no visible change") { test in
            let lease = try await test.run()
            let line = LogLine(at: try await test.now(), level: .info, message: "hello")
            #expect(try await test.report(lease) { $0.logs = [line] } == .applied)
            #expect(try await test.read(lease.id).rev == 2)
        },
        JobStoreCheck("a line says which attempt wrote it") { test in
            let line = LogLine(at: try await test.now(), level: .info, message: "hello")
            let first = try await test.run()
            try await test.report(first) { $0.logs = [line] }
            try await test.fail(first, retryAfter: .zero)
            let second = try await test.claimOne()
            try await test.report(second) { $0.logs = [line] }
            let lines = try await test.store.logs(.id(first.id), after: 0, limit: 9, scope: .default)
            #expect(lines.map(\.attempt) == [1, 2])
        },
        JobStoreCheck("an attempt keeps its first thousand lines, each cut to its limit") { test in
            let lease = try await test.run()
            let at = try await test.now()
            let long = String(repeating: "x", count: 9000)
            for _ in 0..<3 {
                let lines = (0..<400).map { LogLine(at: at, level: .info, message: $0 == 0 ? long : "\($0)") }
                #expect(try await test.report(lease) { $0.logs = lines } == .applied)
            }
            let lines = try await test.store.logs(.id(lease.id), after: 0, limit: 5000, scope: .default)
            #expect(lines.count == 1000)
            #expect(lines.first?.line.message.utf8.count == 8192)
        },
        JobStoreCheck("a job without lines or files has none") { test in
            let inserted = try await test.submit()
            #expect(try await test.store.logs(.id(inserted.id), after: 0, limit: 9, scope: .default).isEmpty)
            #expect(try await test.store.files(.id(inserted.id), scope: .default).isEmpty)
        },
    ]

    /// Telling of changes.
    public static let changes: [JobStoreCheck] = [
        JobStoreCheck("a submit wakes who waits for its queue") { test in
            var stream = test.store.changes(.wakeUps)
            _ = try await test.submit { $0.queue = "q" }
            #expect(await stream.next()?.queues.contains("q") == true)
        },
        JobStoreCheck("what makes jobs claimable again wakes") { test in
            let lease = try await test.run(lease: .seconds(5))
            let other = try await test.submit("later")
            try await test.cancel(other.id)
            try await test.store.configure(queue: "default", .pause(by: nil, reason: nil))
            let steps: [@Sendable () async throws -> Void] = [
                { try await test.store.configure(queue: "default", .resume) },
                { try await test.settle(lease, .release(after: .zero)) },
                { try await test.retry(other.id) },
                {
                    _ = try await test.claimOne(lease: .seconds(5))
                    try await test.advance(.seconds(5))
                    _ = try await test.store.reap(limit: 10)
                },
            ]
            for step in steps {
                var stream = test.store.changes(.wakeUps)
                try await step()
                #expect(await stream.next()?.queues.contains("default") == true)
            }
        },
        JobStoreCheck("a completed dependency wakes the queue of who waits") { test in
            let lease = try await test.run()
            _ = try await test.submit("later") { job in
                job.queue = "next"
                job.after = [lease.id]
            }
            var stream = test.store.changes(.wakeUps)
            try await test.complete(lease)
            #expect(await stream.next()?.queues.contains("next") == true)
        },
        JobStoreCheck("a cancel revokes the lease of the run") { test in
            let lease = try await test.run()
            var stream = test.store.changes(.revocations)
            try await test.cancel(lease.id)
            #expect(await stream.next()?.revoked == [lease])
        },
        JobStoreCheck("every visible change tells the job, its scope and its revision") { test in
            var stream = test.store.changes(.jobs)
            let inserted = try await test.submit(scope: .tenant("a")) { $0.projectId = "p" }
            func change(_ rev: Int64?) -> JobChange {
                JobChange(id: inserted.id, tenantId: "a", projectId: "p", rev: rev)
            }
            #expect(await stream.next()?.jobs == [inserted.id: change(1)])
            let lease = try await test.claimOne()
            #expect(await stream.next()?.jobs == [inserted.id: change(2)])
            try await test.report(lease) { $0.progress = 5 }
            #expect(await stream.next()?.jobs == [inserted.id: change(3)])
            try await test.complete(lease)
            #expect(await stream.next()?.jobs == [inserted.id: change(4)])
            try await test.store.delete(.id(inserted.id), scope: .system)
            #expect(await stream.next()?.jobs == [inserted.id: change(nil)])
        },
        JobStoreCheck("who watches one job hears of each of its changes") { test in
            let other = try await test.submit()
            let watched = try await test.submit()
            let stream = test.store.changes(of: .job(watched.id))
            try await test.cancel(other.id)
            try await test.cancel(watched.id)
            // A store may tell of others as well.
            let change = await stream.first { $0.jobs[watched.id] != nil }?.jobs[watched.id]
            #expect(change?.rev == 2)
        },
        JobStoreCheck("who watches a tenant hears of each change of its jobs") { test in
            let stream = test.store.changes(of: .tenant("a"))
            let other = try await test.submit(scope: .tenant("b"))
            let watched = try await test.submit(scope: .tenant("a"))
            try await test.cancel(other.id)
            try await test.cancel(watched.id)
            let change = await stream.first { $0.jobs[watched.id]?.rev == 2 }?.jobs[watched.id]
            #expect(change?.tenantId == "a")
        },
        JobStoreCheck("a slow subscriber gets what it missed, merged") { test in
            var stream = test.store.changes([.jobs, .wakeUps, .revocations])
            let first = try await test.submit { $0.queue = "a" }
            let second = try await test.submit { $0.queue = "b" }
            try await test.cancel(first.id)
            let changes = try #require(await stream.next())
            #expect(changes.jobs[first.id]?.rev == 2 && changes.jobs[second.id]?.rev == 1)
            #expect(changes.queues == ["a", "b"])
        },
        JobStoreCheck("a refused call tells nothing") { test in
            var stream = test.store.changes([.jobs, .wakeUps, .revocations])
            var bad = NewJob(type: "work")
            bad.after = [JobIDGenerator().next(at: try await test.now())]
            let batch = [NewJob(type: "work", queue: "refused"), bad]
            await expect(.invalid) { _ = try await test.store.insert(batch, scope: .default) }
            let inserted = try await test.submit { $0.queue = "accepted" }
            let changes = try #require(await stream.next())
            #expect(changes.queues == ["accepted"] && Set(changes.jobs.keys) == [inserted.id])
        },
    ]

    /// What no store is given.
    public static let limits: [JobStoreCheck] = [
        JobStoreCheck("what is too large or makes no sense is refused, with a pointer to it") { test in
            let large = JSONText.checked(#"{"a":""# + String(repeating: "x", count: 256 * 1024) + #""}"#)
            let name = String(repeating: "n", count: 201)
            let cases: [(String, (inout NewJob) -> Void)] = [
                ("/0/type", { $0.type = "" }), ("/0/type", { $0.type = Name(name) }), ("/0/type", { $0.type = "a\0" }),
                ("/0/queue", { $0.queue = Name(name) }), ("/0/payload", { $0.payload = large }),
                ("/0/payload", { $0.payload = .checked("[]") }), ("/0/metadata", { $0.metadata = .checked("1") }),
                ("/0/data", { $0.data = large }), ("/0/internalData", { $0.internalData = large }),
                ("/0/maxAttempts", { $0.maxAttempts = 0 }), ("/0/timeoutSeconds", { $0.timeoutSeconds = 0 }),
                ("/0/uniqueKey", { $0.uniqueKey = "" }), ("/0/projectId", { $0.projectId = "" }),
                ("/0/createdBy", { $0.createdBy = name }),
                ("/0/staleAfterSeconds", { $0.tracking = Tracking(staleAfterSeconds: 0) }),
                ("/0/staleAfterSeconds", { $0.tracking = Tracking(staleAfterSeconds: .max) }),
                ("/0/recordExpiresAt", { $0.recordExpiresAt = -1 }),
            ]
            for (pointer, change) in cases {
                await expect(.invalid, pointer: pointer) { _ = try await test.submit { change(&$0) } }
            }
            let stored = try await test.store.jobs(JobFilter(), page: PageRequest(), scope: .system)
            #expect(stored.jobs.isEmpty)
        },
        JobStoreCheck("more than a hundred dependencies are refused") { test in
            let ids = JobIDGenerator()
            let now = try await test.now()
            await expect(.invalid, pointer: "/0/after") {
                _ = try await test.submit { $0.after = (0..<101).map { _ in ids.next(at: now) } }
            }
        },
        JobStoreCheck("a hundred dependencies are kept") { test in
            let batch = Array(repeating: NewJob(type: "work"), count: 100)
            let inserted = try await test.store.insert(batch, scope: .default)
            let waiting = try await test.submit("later") { $0.after = inserted.map(\.id) }
            let job = try await test.read(waiting.id)
            #expect(job.blockedBy == 100 && job.after == inserted.map(\.id))
            let leases = try await test.claim(100).map(\.lease)
            _ = try await test.store.settle(leases.map { Settlement(lease: $0, outcome: .complete(JobResult())) })
            #expect(try await test.claim(types: ["later"]).count == 1)
        },
        JobStoreCheck("a report that cannot be cut is refused, and its run goes on") { test in
            let lease = try await test.run()
            let large = JSONText.checked("\"" + String(repeating: "x", count: 256 * 1024) + "\"")
            await expect(.invalid, pointer: "/checkpoint") { try await test.report(lease) { $0.checkpoint = large } }
            await expect(.invalid, pointer: "/data") { try await test.report(lease) { $0.data = .checked("1") } }
            #expect(try await test.read(lease.id).rev == 2)
            #expect(try await test.report(lease) { $0.progress = 1 } == .applied)
        },
        JobStoreCheck("a result that is too large is refused, and the run can still be failed") { test in
            let lease = try await test.run()
            let large = JSONText.checked("\"" + String(repeating: "x", count: 256 * 1024) + "\"")
            let answer = try await test.settle(lease, .complete(JobResult(large)))
            #expect(answer == .refused(JobStoreError(.invalid, "")))
            #expect(try await test.read(lease.id).status == .running)
            #expect(try await test.fail(lease) == .applied(.failed))
        },
        JobStoreCheck("what is as large as allowed is kept") { test in
            func text(_ bytes: Int) -> JSONText {
                .checked(#"{"a":""# + String(repeating: "x", count: bytes - 8) + #""}"#)
            }
            let lease = try await test.run { job in
                job.payload = text(256 * 1024)
                (job.metadata, job.data, job.internalData) = (text(65536), text(65536), text(65536))
            }
            try await test.report(lease) { $0.checkpoint = text(256 * 1024) }
            try await test.settle(lease, .complete(JobResult(text(256 * 1024))))
            let job = try await test.read(lease.id)
            #expect(job.payload.utf8Count == 262_144 && job.metadata.utf8Count == 65536)
            #expect(job.data?.utf8Count == 65536 && job.internalData?.utf8Count == 65536)
            #expect(job.checkpoint?.utf8Count == 262_144 && job.result?.utf8Count == 262_144)
        },
        JobStoreCheck("a job nobody has is not found") { test in
            await expect(.notFound) { _ = try await test.store.job(.number(12345), scope: .system) }
            let id = JobIDGenerator().next(at: try await test.now())
            await expect(.notFound) { _ = try await test.read(id) }
        },
        JobStoreCheck("migrating again changes nothing") { test in
            let inserted = try await test.submit()
            try await test.store.migrate()
            #expect(try await test.read(inserted.id).status == .queued)
        },
    ]
}
