import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Prolonging leases.
    public static let renewing: [JobStoreCheck] = [
        JobStoreCheck("a renewed lease holds for the time asked, from now") { test in
            let lease = try await test.run(lease: .seconds(30))
            try await test.advance(.seconds(20))
            #expect(try await test.renew(lease) == .renewed)
            try await test.advance(.seconds(20))
            #expect(try await test.store.reap(limit: 10) == 0)
            try await test.advance(.seconds(10))
            #expect(try await test.store.reap(limit: 10) == 1)
        },
        JobStoreCheck("a renewal is no visible change") { test in
            let lease = try await test.run()
            let before = try await test.read(lease.id)
            try await test.advance(.seconds(1))
            _ = try await test.renew(lease)
            let after = try await test.read(lease.id)
            #expect(after.rev == before.rev && after.updatedAt == before.updatedAt && after.fence == before.fence)
        },
        JobStoreCheck("the answers are in the order of the leases") { test in
            let running = try await test.run()
            let cancelled = try await test.run()
            try await test.cancel(cancelled.id)
            let completed = try await test.run()
            try await test.complete(completed)
            let nobody = JobLease(id: JobIDGenerator().next(at: try await test.now()), number: 999_999, fence: 1)
            let answers = try await test.store.renew([nobody, running, completed, cancelled], for: .seconds(30))
            #expect(answers == [.lost, .renewed, .lost, .cancelled])
            #expect(try await test.store.renew([], for: .seconds(30)).isEmpty)
        },
        JobStoreCheck("a lease that was reaped is lost, and so is that of an older claim") { test in
            let old = try await test.run(lease: .seconds(1))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 10)
            #expect(try await test.renew(old) == .lost)
            let new = try await test.claimOne()
            #expect(try await test.renew(old) == .lost)
            #expect(try await test.renew(new) == .renewed)
        },
        JobStoreCheck("an acknowledged cancel is lost, not cancelled again") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            #expect(try await test.renew(lease) == .cancelled)
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.cancelled))
            #expect(try await test.renew(lease) == .lost)
        },
        JobStoreCheck("the number of a lease must be its job's") { test in
            let lease = try await test.run()
            let other = try await test.run()
            let mixed = JobLease(id: lease.id, number: other.number, fence: lease.fence)
            #expect(try await test.renew(mixed) == .lost)
            #expect(try await test.report(mixed) == .fenced(currentStatus: nil))
            #expect(try await test.complete(mixed) == .fenced(currentStatus: nil))
        },
        JobStoreCheck("a wall clock that jumps ends no lease and prolongs none") { test in
            let lease = try await test.run(lease: .seconds(30))
            try await test.jumpWall(.seconds(7200))
            #expect(try await test.store.reap(limit: 10) == 0)
            #expect(try await test.renew(lease) == .renewed)
            try await test.jumpWall(.seconds(-86400))
            try await test.advance(.seconds(30))
            #expect(try await test.store.reap(limit: 10) == 1)
        },
    ]

    /// What runs tell while they go on.
    public static let reporting: [JobStoreCheck] = [
        JobStoreCheck("a report writes what is set and keeps the rest") { test in
            let lease = try await test.run { $0.data = .checked(#"{"a": 1}"#) }
            let written = try await test.report(lease) { report in
                report.progress = 40
                report.message = "Reading"
            }
            #expect(written == .applied)
            try await test.report(lease) { $0.data = .checked(#"{"b": 2}"#) }
            let job = try await test.read(lease.id)
            #expect(job.progress == 40 && job.progressMessage == "Reading" && job.data == .checked(#"{"b": 2}"#))
            #expect(job.rev == 4 && job.status == .running && job.fence == 1)
        },
        JobStoreCheck("progress is clamped and long messages are cut") { test in
            let lease = try await test.run()
            try await test.report(lease) { report in
                report.progress = 250
                report.message = String(repeating: "é", count: 1000)
            }
            let job = try await test.read(lease.id)
            #expect(job.progress == 100 && job.progressMessage == String(repeating: "é", count: 512))
            try await test.report(lease) { $0.progress = -3 }
            #expect(try await test.read(lease.id).progress == 0)
        },
        JobStoreCheck("a checkpoint alone is no visible change, and the next run gets it") { test in
            let lease = try await test.run(lease: .seconds(1))
            try await test.report(lease) { $0.checkpoint = .checked(#"{"row": 7}"#) }
            #expect(try await test.read(lease.id).rev == 2)
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            #expect(try await test.claim().map(\.checkpoint) == [.checked(#"{"row": 7}"#)])
        },
        JobStoreCheck("a checkpoint starts the count of losses again") { test in
            for _ in 0..<2 {
                _ = try await test.submit { $0.uniqueKey = "k" }
                _ = try await test.claimOne(lease: .seconds(1))
                try await test.advance(.seconds(1))
                _ = try await test.store.reap(limit: 1)
            }
            let lease = try await test.claimOne(lease: .seconds(1))
            #expect(try await test.read(lease.id).lostCount == 2)
            try await test.report(lease) { $0.checkpoint = .checked("1") }
            #expect(try await test.read(lease.id).lostCount == 0)
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            let job = try await test.read(lease.id)
            #expect(job.status == .queued && job.lostCount == 1)
        },
        JobStoreCheck("reports are checked each on its own, and answered in order") { test in
            let lost = try await test.run(lease: .seconds(1))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            let cancelled = try await test.claimOne()
            try await test.cancel(cancelled.id)
            let running = try await test.run()
            let done = try await test.run()
            try await test.complete(done)
            let nobody = JobLease(id: JobIDGenerator().next(at: try await test.now()), number: 999_999, fence: 1)
            let reports = [lost, running, cancelled, nobody, done].map { lease in
                var report = RunReport(lease: lease)
                report.progress = 77
                return report
            }
            let answers = try await test.store.report(reports)
            #expect(
                answers == [
                    .fenced(currentStatus: .cancelled), .applied, .cancelled, .fenced(currentStatus: nil),
                    .fenced(currentStatus: .completed),
                ]
            )
            #expect(try await test.read(running.id).progress == 77)
            #expect(try await test.read(cancelled.id).progress == nil)
            #expect(try await test.read(done.id).progress == 100)
        },
        JobStoreCheck("a stale worker's report changes nothing once another has claimed") { test in
            let old = try await test.run(lease: .seconds(1))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            let new = try await test.claimOne()
            let before = try await test.read(new.id)
            let written = try await test.report(old) { report in
                report.progress = 99
                report.checkpoint = .checked("1")
                report.logs = [LogLine(at: before.createdAt, level: .info, message: "late")]
            }
            #expect(written == .fenced(currentStatus: .running))
            #expect(try await test.read(new.id) == before)
            #expect(try await test.store.logs(.id(new.id), after: 0, limit: 10, scope: .system).isEmpty)
        },
        JobStoreCheck("numbered lines of a run are added once, and each run counts for itself") { test in
            var lease = try await test.run(lease: .seconds(1))
            let now = try await test.now()
            func add(_ batch: Int64?, _ lines: String...) async throws {
                let written = try await test.report(lease) { report in
                    report.logs = lines.map { LogLine(at: now, level: .info, message: $0) }
                    report.logBatch = batch
                }
                #expect(written == .applied)
            }
            try await add(1, "a", "b")
            try await add(1, "a", "b")
            try await add(nil, "c")
            try await add(2, "d")
            try await add(1, "a", "b")
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            lease = try await test.claimOne()
            try await add(1, "e")
            try await add(1, "e")
            let lines = try await test.store.logs(.id(lease.id), after: 0, limit: 10, scope: .system)
            #expect(lines.map(\.line.message) == ["a", "b", "c", "d", "e"])
        },
        JobStoreCheck("a report on a tracked job is fenced off") { test in
            let tracked = try await test.track { $0.startsRunning = true }
            let lease = JobLease(id: tracked.id, number: tracked.number, fence: 1)
            #expect(try await test.report(lease) { $0.progress = 5 } == .fenced(currentStatus: .running))
            #expect(try await test.read(tracked.id).progress == nil)
        },
    ]
}
