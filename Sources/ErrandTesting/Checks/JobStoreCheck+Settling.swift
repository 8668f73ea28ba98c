import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Ends of runs.
    public static let settling: [JobStoreCheck] = [
        JobStoreCheck("a completed job has its result, full progress and an expiry") { test in
            let lease = try await test.run()
            let result = JobResult(.checked(#"{"rows": 12345678901234567890}"#))
            #expect(try await test.settle(lease, .complete(result)) == .applied(.completed))
            let job = try await test.read(lease.id)
            #expect(job.status == .completed && job.progress == 100 && job.rev == 3 && job.fence == 1)
            #expect(job.result == .checked(#"{"rows": 12345678901234567890}"#) && job.resultType == .inline)
            #expect(job.error == nil && job.errors.isEmpty && job.leaseEnd == nil && job.attempt == 1)
            #expect(try await test.isNow(job.completedAt))
            let completedAt = try #require(job.completedAt)
            let expiry = Int64(saturating: (completedAt.timeIntervalSince1970 + 7 * 86400).rounded(.up))
            #expect(job.recordExpiresAt == expiry)
        },
        JobStoreCheck("a result kept elsewhere has its place and its files") { test in
            let lease = try await test.run()
            let files = [
                JobFile(name: "b.csv", key: "k/b", size: 3, sha256: "cd", contentType: "text/csv"),
                JobFile(name: "a.csv", key: "k/a", size: 1 << 40, sha256: "ab", contentType: "text/csv"),
            ]
            let result = JobResult(type: .url, location: "k/a", value: .checked("5"), files: files)
            try await test.settle(lease, .complete(result))
            let job = try await test.read(lease.id)
            #expect(job.resultType == .url && job.resultLocation == "k/a" && job.result == .checked("5"))
            #expect(try await test.store.files(.id(job.id), scope: .system) == files.reversed())
        },
        JobStoreCheck("a failure with budget left queues the job again after the delay") { test in
            let lease = try await test.run()
            let failed = try await test.fail(lease, retryAfter: .milliseconds(2500))
            #expect(failed == .applied(.queued))
            let job = try await test.read(lease.id)
            #expect(job.status == .queued && job.attempt == 1 && job.fence == 1 && job.rev == 3)
            #expect(job.failure == nil && job.error == nil && job.startedAt == nil && job.workerId == nil)
            #expect(try await job.substate(at: test.now()) == .retrying)
            #expect(try await abs(job.runAt.timeIntervalSince(test.now()) - 2.5) <= test.tolerance.seconds + 0.001)
            let record = try #require(job.errors.first)
            #expect(job.errors.count == 1 && record.attempt == 1 && record.fence == 1 && record.outcome == .failed)
            #expect(record.code == "broken" && record.message == "It broke." && record.workerId == "w1")
            try await test.advance(.milliseconds(2500))
            #expect(try await test.claim().map(\.attempt) == [2])
        },
        JobStoreCheck("a failure without a delay is final") { test in
            let lease = try await test.run()
            let failure = JobFailure(code: "bad_input", message: "Row 3 is bad.", details: .checked(#"{"row": 3}"#))
            #expect(try await test.settle(lease, .fail(failure, retryAfter: nil)) == .applied(.failed))
            let job = try await test.read(lease.id)
            #expect(job.status == .failed && job.failure == failure && job.error == "Row 3 is bad.")
            #expect(job.errors.count == 1 && job.leaseEnd == nil && job.recordExpiresAt != nil)
            #expect(try await test.isNow(job.completedAt))
        },
        JobStoreCheck("a failure is final once the budget is spent") { test in
            _ = try await test.submit { $0.maxAttempts = 2 }
            #expect(try await test.fail(try await test.claimOne(), retryAfter: .zero) == .applied(.queued))
            let lease = try await test.claimOne()
            #expect(try await test.fail(lease, retryAfter: .zero) == .applied(.failed))
            let job = try await test.read(lease.id)
            #expect(job.attempt == 2 && job.errors.map(\.attempt) == [1, 2])
        },
        JobStoreCheck("snooze and release give the job back uncharged") { test in
            let lease = try await test.run()
            #expect(try await test.settle(lease, .snooze(.seconds(9))) == .applied(.queued))
            let snoozed = try await test.read(lease.id)
            #expect(snoozed.attempt == 0 && snoozed.errors.map(\.outcome) == [.snoozed])
            #expect(try await snoozed.substate(at: test.now()) == .scheduled)
            try await test.advance(.seconds(9))
            let second = try await test.claimOne()
            #expect(try await test.settle(second, .release(after: .zero)) == .applied(.queued))
            let released = try await test.read(lease.id)
            #expect(released.attempt == 0 && released.errors.map(\.outcome) == [.snoozed, .released])
            #expect(released.errors.map(\.fence) == [1, 2] && released.errors.map(\.attempt) == [1, 1])
            #expect(try await test.claim().map(\.attempt) == [1])
        },
        JobStoreCheck("a run is settled once") { test in
            let lease = try await test.run()
            try await test.complete(lease)
            let before = try await test.read(lease.id)
            #expect(try await test.fail(lease) == .fenced(currentStatus: .completed))
            #expect(try await test.complete(lease) == .fenced(currentStatus: .completed))
            #expect(try await test.read(lease.id) == before)
        },
        JobStoreCheck("settles of one run at once take effect once") { test in
            let lease = try await test.run()
            let applied = try await withThrowingTaskGroup(of: SettleResult.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        index.isMultiple(of: 2) ? try await test.complete(lease) : try await test.fail(lease)
                    }
                }
                return try await group.reduce(into: 0) { count, result in
                    if case .applied = result { count += 1 }
                }
            }
            #expect(applied == 1)
            #expect(try await test.read(lease.id).rev == 3)
        },
        JobStoreCheck("a stale worker can end nothing, whatever it says") { test in
            let old = try await test.run(lease: .seconds(1))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            #expect(try await test.complete(old) == .fenced(currentStatus: .queued))
            let new = try await test.claimOne()
            let before = try await test.read(new.id)
            let outcomes: [Settlement.Outcome] = [
                .complete(JobResult(.checked("1"))), .fail(JobFailure(code: "x", message: "y"), retryAfter: nil),
                .snooze(.seconds(1)), .release(after: .zero), .acknowledgeCancel,
            ]
            for outcome in outcomes {
                #expect(try await test.settle(old, outcome) == .fenced(currentStatus: .running))
            }
            #expect(try await test.read(new.id) == before)
            #expect(try await test.complete(new) == .applied(.completed))
        },
        JobStoreCheck("a fence from the future is no lease either") { test in
            let lease = try await test.run()
            let ahead = JobLease(id: lease.id, number: lease.number, fence: lease.fence + 1)
            #expect(try await test.complete(ahead) == .fenced(currentStatus: .running))
            #expect(try await test.report(ahead) == .fenced(currentStatus: .running))
            #expect(try await test.renew(ahead) == .lost)
        },
        JobStoreCheck("a batch of settles is answered in order, each on its own") { test in
            let good = try await test.run()
            let stale = JobLease(id: good.id, number: good.number, fence: 9)
            let other = try await test.run()
            let answers = try await test.store.settle([
                Settlement(lease: stale, outcome: .complete(JobResult())),
                Settlement(lease: other, outcome: .snooze(.zero)),
                Settlement(lease: good, outcome: .complete(JobResult())),
                Settlement(lease: good, outcome: .complete(JobResult())),
            ])
            #expect(
                answers == [
                    .fenced(currentStatus: .running), .applied(.queued), .applied(.completed),
                    .fenced(currentStatus: .completed),
                ]
            )
            #expect(try await test.store.settle([]).isEmpty)
        },
        JobStoreCheck("the last report is written before the end") { test in
            let lease = try await test.run()
            var report = RunReport(lease: lease)
            report.message = "Done"
            report.data = .checked(#"{"rows": 3}"#)
            report.checkpoint = .checked("3")
            report.logs = [LogLine(at: try await test.now(), level: .notice, message: "bye")]
            try await test.settle(Settlement(lease: lease, outcome: .complete(JobResult()), report: report))
            let job = try await test.read(lease.id)
            #expect(job.progressMessage == "Done" && job.data == .checked(#"{"rows": 3}"#) && job.rev == 3)
            #expect(job.checkpoint == .checked("3") && job.progress == 100)
            let lines = try await test.store.logs(.id(job.id), after: 0, limit: 9, scope: .system)
            #expect(lines.map(\.line.message) == ["bye"] && lines.map(\.attempt) == [1])
        },
        JobStoreCheck("of many runs the first and the last nine are remembered") { test in
            _ = try await test.submit()
            var id: JobID?
            for _ in 0..<13 {
                let lease = try await test.claimOne()
                id = lease.id
                try await test.settle(lease, .snooze(.zero))
            }
            let job = try await test.read(try #require(id))
            #expect(job.errors.map(\.fence) == [1, 5, 6, 7, 8, 9, 10, 11, 12, 13])
        },
        JobStoreCheck("long failure texts are cut, and details that are too large left out") { test in
            let lease = try await test.run()
            let details = JSONText.checked(#"""# + String(repeating: "d", count: 20_000) + #"""#)
            let failure = JobFailure(code: "c", message: String(repeating: "m", count: 5000), details: details)
            try await test.settle(lease, .fail(failure, retryAfter: nil))
            let job = try await test.read(lease.id)
            #expect(job.failure?.message.utf8.count == 4096 && job.failure?.details == nil)
            #expect(job.errors.first?.message?.utf8.count == 4096)
        },
    ]

    /// Jobs that a run submits with its end.
    public static let followingUp: [JobStoreCheck] = [
        JobStoreCheck("follow-ups are stored with the end, for the job's own tenant") { test in
            let lease = try await test.run(scope: .tenant("acme"))
            var next = NewJob(type: "next")
            next.after = [lease.id]
            let settlement = Settlement(lease: lease, outcome: .complete(JobResult()), followUps: [next, next])
            #expect(try await test.settle(settlement) == .applied(.completed))
            let claimed = try await test.claim(5, types: ["next"])
            #expect(claimed.map(\.tenantId) == ["acme", "acme"])
        },
        JobStoreCheck("the follow-ups of a fenced settle are not stored") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            let settlement = Settlement(
                lease: lease,
                outcome: .complete(JobResult()),
                followUps: [NewJob(type: "next")]
            )
            #expect(try await test.settle(settlement) == .fenced(currentStatus: .cancelled))
            #expect(try await test.claim(types: ["next"]).isEmpty)
        },
        JobStoreCheck("a refused follow-up leaves the run as it was, and the batch's others take effect") { test in
            let lease = try await test.run()
            let other = try await test.run()
            let before = try await test.read(lease.id)
            var bad = NewJob(type: "next")
            bad.maxAttempts = 0
            var report = RunReport(lease: lease)
            report.progress = 50
            report.logs = [LogLine(at: before.createdAt, level: .info, message: "lost with it")]
            let answers = try await test.store.settle([
                Settlement(
                    lease: lease,
                    outcome: .complete(JobResult()),
                    report: report,
                    followUps: [NewJob(type: "next"), bad]
                ),
                Settlement(lease: other, outcome: .complete(JobResult())),
            ])
            guard case .refused(let error) = answers.first else {
                Issue.record("a bad follow-up was answered with \(answers)")
                return
            }
            #expect(error.code == .invalid && error.pointer == "/1/maxAttempts")
            #expect(answers.last == .applied(.completed))
            #expect(try await test.read(lease.id) == before)
            #expect(try await test.claim(types: ["next"]).isEmpty)
            #expect(try await test.store.logs(.id(lease.id), after: 0, limit: 9, scope: .system).isEmpty)
            #expect(try await test.fail(lease) == .applied(.failed))
        },
        JobStoreCheck("a follow-up may have the unique key that its job frees") { test in
            let lease = try await test.run { $0.uniqueKey = "tick" }
            var next = NewJob(type: "work")
            next.uniqueKey = "tick"
            next.onConflict = .reject
            let settlement = Settlement(lease: lease, outcome: .complete(JobResult()), followUps: [next])
            #expect(try await test.settle(settlement) == .applied(.completed))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a failing run and a snoozed one may submit as well") { test in
            for outcome in [
                Settlement.Outcome.fail(JobFailure(code: "c", message: "m"), retryAfter: nil), .snooze(.seconds(60)),
            ] {
                let lease = try await test.run()
                let next = NewJob(type: "next")
                try await test.settle(Settlement(lease: lease, outcome: outcome, followUps: [next]))
                #expect(try await test.claim(types: ["next"]).count == 1)
            }
        },
    ]
}
