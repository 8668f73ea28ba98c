import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Cancels by people.
    public static let cancelling: [JobStoreCheck] = [
        JobStoreCheck("a queued job is cancelled at once") { test in
            let inserted = try await test.submit()
            let job = try await test.store.cancel(.id(inserted.id), reason: "not needed", scope: .default)
            #expect(job.status == .cancelled && job.fence == 1 && job.rev == 2)
            #expect(job.failure == JobFailure(code: "cancelled", message: "not needed"))
            #expect(job.error == "not needed" && job.errors.isEmpty && job.recordExpiresAt != nil)
            #expect(try await test.isNow(job.completedAt))
            #expect(try await test.read(inserted.id) == job)
            #expect(try await test.claim().isEmpty)
        },
        JobStoreCheck("a cancel takes the fence on, so a running worker's writes bounce") { test in
            let lease = try await test.run()
            let job = try await test.cancel(lease.id)
            #expect(job.status == .cancelled && job.fence == 2 && job.failure == nil)
            #expect(job.errors.map(\.outcome) == [.cancelled] && job.leaseEnd != nil)
            #expect(try await test.report(lease) { $0.progress = 1 } == .cancelled)
            #expect(try await test.renew(lease) == .cancelled)
            #expect(try await test.complete(lease) == .fenced(currentStatus: .cancelled))
            #expect(try await test.read(lease.id) == job)
        },
        JobStoreCheck("a worker acknowledges a cancel once, and only its own") { test in
            let lease = try await test.run()
            #expect(try await test.settle(lease, .acknowledgeCancel) == .fenced(currentStatus: .running))
            let cancelled = try await test.cancel(lease.id)
            let older = JobLease(id: lease.id, number: lease.number, fence: 0)
            #expect(try await test.settle(older, .acknowledgeCancel) == .fenced(currentStatus: .cancelled))
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.cancelled))
            let job = try await test.read(lease.id)
            #expect(job.leaseEnd == nil && job.rev == cancelled.rev)
            #expect(try await test.isNow(job.cancelAcknowledgedAt))
            #expect(try await test.settle(lease, .acknowledgeCancel) == .fenced(currentStatus: .cancelled))
        },
        JobStoreCheck("an ended job is not cancelled") { test in
            for end in [JobStatus.completed, .failed, .cancelled] {
                let lease = try await test.run()
                switch end {
                case .completed: try await test.complete(lease)
                case .failed: try await test.fail(lease)
                default: try await test.cancel(lease.id)
                }
                let before = try await test.read(lease.id)
                await expect(.conflict, status: end) { try await test.cancel(lease.id) }
                #expect(try await test.read(lease.id) == before)
            }
        },
        JobStoreCheck("a blocked and a scheduled job can be cancelled") { test in
            let later = try await test.date(in: .seconds(60))
            let scheduled = try await test.submit { $0.runAt = Moment(clamping: later) }
            let blocked = try await test.submit { $0.after = [scheduled.id] }
            #expect(try await test.cancel(blocked.id).status == .cancelled)
            #expect(try await test.cancel(scheduled.id).status == .cancelled)
            #expect(try await test.read(blocked.id).failure == nil)
        },
        JobStoreCheck("a job is found by its number as well") { test in
            let inserted = try await test.submit()
            let job = try await test.store.cancel(.number(inserted.number), reason: nil, scope: .default)
            #expect(job.id == inserted.id && job.status == .cancelled)
        },
        JobStoreCheck("of a cancel and a settle at once one takes effect") { test in
            for _ in 0..<20 {
                let lease = try await test.run()
                async let settled = test.complete(lease)
                async let cancelled: Job? = {
                    do {
                        return try await test.cancel(lease.id)
                    } catch let error as JobStoreError where error.code == .conflict {
                        return nil
                    }
                }()
                let (settle, cancel) = try await (settled, cancelled)
                #expect((settle == .applied(.completed)) == (cancel == nil))
                #expect(try await test.read(lease.id).status == (cancel == nil ? .completed : .cancelled))
            }
        },
    ]

    /// New lives.
    public static let retrying: [JobStoreCheck] = [
        JobStoreCheck("a failed job starts a new life") { test in
            let lease = try await test.run()
            try await test.report(lease) { report in
                report.progress = 30
                report.message = "m"
                report.checkpoint = .checked("7")
            }
            try await test.fail(lease)
            let job = try await test.retry(lease.id)
            #expect(job.status == .queued && job.fence == 2 && job.attempt == 0 && job.lostCount == 0)
            #expect(job.progress == 0 && job.progressMessage == nil && job.failure == nil && job.error == nil)
            #expect(job.startedAt == nil && job.completedAt == nil && job.workerId == nil)
            #expect(job.recordExpiresAt == nil && job.errors.count == 1 && job.checkpoint == .checked("7"))
            #expect(try await test.read(lease.id) == job)
            let run = try #require(try await test.claim().first)
            #expect(run.attempt == 1 && run.lease.fence == 3 && run.checkpoint == .checked("7"))
        },
        JobStoreCheck("a retry can be put off") { test in
            let inserted = try await test.submit()
            try await test.cancel(inserted.id, reason: "later")
            let runAt = try await test.date(in: .seconds(50)).wholeMilliseconds
            #expect(try await test.retry(inserted.id, runAt: Moment(clamping: runAt)).runAt == runAt)
            #expect(try await test.claim().isEmpty)
            try await test.advance(.seconds(50))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a cancelled run that was acknowledged can be run again at once") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            try await test.settle(lease, .acknowledgeCancel)
            try await test.retry(lease.id)
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a job that has not failed is not retried") { test in
            let queued = try await test.submit("other")
            await expect(.conflict, status: .queued) { try await test.retry(queued.id) }
            let lease = try await test.run()
            await expect(.conflict, status: .running) { try await test.retry(lease.id) }
            try await test.complete(lease)
            await expect(.conflict, status: .completed) { try await test.retry(lease.id) }
            #expect(try await test.read(lease.id).rev == 3)
        },
        JobStoreCheck("an old worker cannot write to the new life") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            try await test.settle(lease, .acknowledgeCancel)
            try await test.retry(lease.id)
            #expect(try await test.complete(lease) == .fenced(currentStatus: .queued))
            let new = try await test.claimOne()
            #expect(try await test.complete(lease) == .fenced(currentStatus: .running))
            #expect(try await test.report(lease) == .fenced(currentStatus: .running))
            #expect(try await test.renew(lease) == .lost)
            #expect(try await test.complete(new) == .applied(.completed))
        },
        JobStoreCheck("a fixed expiry stays through end and retry") { test in
            let lease = try await test.run { $0.recordExpiresAt = 4_000_000_000 }
            try await test.fail(lease)
            #expect(try await test.read(lease.id).recordExpiresAt == 4_000_000_000)
            #expect(try await test.retry(lease.id).recordExpiresAt == 4_000_000_000)
        },
    ]

    /// Jobs that something else runs.
    public static let tracking: [JobStoreCheck] = [
        JobStoreCheck("an update starts, moves and completes a tracked job") { test in
            let id = try await test.track().id
            let started = try await test.update(id) { $0.status = .running }
            #expect(started.status == .running && started.fence == 1 && started.attempt == 1)
            let moved = try await test.update(id) { update in
                update.progress = 130
                update.message = "half"
                update.data = .checked(#"{"a": 1}"#)
                update.internalData = .checked(#"{"b": 1}"#)
            }
            #expect(moved.progress == 100 && moved.progressMessage == "half" && moved.rev == 3)
            #expect(moved.data == .checked(#"{"a": 1}"#) && moved.internalData == .checked(#"{"b": 1}"#))
            let ended = try await test.update(id) { update in
                update.status = .completed
                update.result = JobResult(.checked(#""ok""#))
            }
            #expect(ended.status == .completed && ended.progress == 100 && ended.result == .checked(#""ok""#))
            #expect(try await test.read(id) == ended)
            #expect(ended.recordExpiresAt == started.recordExpiresAt)
        },
        JobStoreCheck("a failure fails a tracked job") { test in
            let id = try await test.track { $0.startsRunning = true }.id
            let failure = JobFailure(code: "c", message: "m")
            let job = try await test.update(id) { $0.failure = failure }
            #expect(job.status == .failed && job.failure == failure && job.error == "m")
        },
        JobStoreCheck("an update's fence is checked where it is given") { test in
            let id = try await test.track().id
            let fence = try await test.update(id) { $0.status = .running }.fence
            await expect(.fenced) {
                try await test.update(id) { update in
                    update.fence = fence + 1
                    update.progress = 1
                }
            }
            let job = try await test.update(id) { update in
                update.fence = fence
                update.progress = 1
            }
            #expect(job.progress == 1)
        },
        JobStoreCheck("an ended tracked job takes data and one result, and keeps its status") { test in
            let id = try await test.track { $0.startsRunning = true }.id
            let ended = try await test.update(id) { $0.status = .completed }
            let late = try await test.update(id) { update in
                update.data = .checked(#"{"late": true}"#)
                update.result = JobResult(type: .s3, location: "bucket/key")
            }
            #expect(late.status == .completed && late.resultLocation == "bucket/key" && late.resultType == .s3)
            #expect(late.data == .checked(#"{"late": true}"#) && late.rev == ended.rev + 1)
            await expect(.conflict, status: .completed) {
                try await test.update(id) { $0.result = JobResult(.checked("2")) }
            }
            await expect(.conflict, status: .completed) { try await test.update(id) { $0.status = .failed } }
            await expect(.conflict, status: .completed) { try await test.update(id) { $0.status = .running } }
            #expect(try await test.read(id) == late)
        },
        JobStoreCheck("a cancelled tracked job stays cancelled") { test in
            let id = try await test.track { $0.startsRunning = true }.id
            let job = try await test.cancel(id, reason: "stop")
            #expect(job.status == .cancelled && job.fence == 2 && job.errors.isEmpty)
            await expect(.conflict, status: .cancelled) { try await test.update(id) { $0.status = .completed } }
            #expect(try await test.update(id) { $0.data = .checked("{}") }.status == .cancelled)
        },
        JobStoreCheck("a worker's job takes no updates") { test in
            let inserted = try await test.submit()
            await expect(.conflict, status: .queued) { try await test.update(inserted.id) { $0.progress = 1 } }
            #expect(try await test.read(inserted.id).rev == 1)
        },
        JobStoreCheck("an update to a status of no tracked job is refused") { test in
            let id = try await test.track().id
            await expect(.invalid, pointer: "/status") { try await test.update(id) { $0.status = .cancelled } }
            await expect(.invalid, pointer: "/status") { try await test.update(id) { $0.status = .queued } }
        },
        JobStoreCheck("a tracked job that failed can be retried, and waits to be started") { test in
            let id = try await test.track { $0.startsRunning = true }.id
            try await test.update(id) { $0.status = .failed }
            let job = try await test.retry(id)
            #expect(job.status == .queued && job.attempt == 0 && job.fence == 2)
            #expect(try await test.claim(5, types: ["tracked"]).isEmpty)
            #expect(try await test.update(id) { $0.status = .running }.fence == 3)
        },
    ]
}
