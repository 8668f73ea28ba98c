import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Storing new jobs.
    public static let inserting: [JobStoreCheck] = [
        JobStoreCheck("a job that says nothing of itself is queued with the defaults") { test in
            let inserted = try await test.submit()
            let job = try await test.read(inserted.id)
            #expect(inserted.outcome == .inserted)
            #expect(inserted.id.isVersion7)
            #expect(job.id == inserted.id && job.number == inserted.number)
            #expect(job.status == .queued && job.rev == 1 && job.fence == 0)
            #expect(job.type == "work" && job.queue == "default" && job.tenantId == "default")
            #expect(job.attempt == 0 && job.maxAttempts == 3 && job.lostCount == 0 && job.priority == 0)
            #expect(job.payload == .emptyObject && job.metadata == .emptyObject)
            #expect(job.progress == nil && job.result == nil && job.failure == nil && job.errors.isEmpty)
            #expect(job.startedAt == nil && job.completedAt == nil && job.recordExpiresAt == nil)
            #expect(job.leaseEnd == nil && job.workerId == nil && job.checkpoint == nil && job.tracking == nil)
            #expect(try await test.isNow(job.createdAt))
            #expect(try await test.isNow(job.updatedAt))
            #expect(try await test.isNow(job.runAt))
        },
        JobStoreCheck("everything a submitter says is kept") { test in
            let runAt = try await test.date(in: .seconds(60))
            let inserted = try await test.submit("import", scope: .tenant("acme")) { job in
                job.queue = "files"
                job.payload = .checked(#"{"file": "a.csv"}"#)
                (job.projectId, job.projectName) = ("p1", "Project One")
                job.priority = -7
                job.runAt = Moment(clamping: runAt)
                job.maxAttempts = 9
                job.timeoutSeconds = 45
                job.uniqueKey = "a.csv"
                job.metadata = .checked(#"{"tags": ["x", "y"], "source": "test"}"#)
                job.data = .checked(#"{"rows": 0}"#)
                job.internalData = .checked(#"{"secret": 1}"#)
                (job.createdBy, job.createdByName) = ("user-1", "Ann")
                job.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            }
            let job = try await test.read(inserted.id)
            #expect(job.type == "import" && job.queue == "files" && job.tenantId == "acme")
            #expect(job.payload == .checked(#"{"file": "a.csv"}"#))
            #expect(job.projectId == "p1" && job.projectName == "Project One")
            #expect(job.priority == -7 && job.runAt == runAt.wholeMilliseconds)
            #expect(job.maxAttempts == 9 && job.timeoutSeconds == 45 && job.uniqueKey == "a.csv")
            #expect(job.tags == ["x", "y"])
            #expect(job.metadata == .checked(#"{"tags": ["x", "y"], "source": "test"}"#))
            #expect(job.data == .checked(#"{"rows": 0}"#) && job.internalData == .checked(#"{"secret": 1}"#))
            #expect(job.createdBy == "user-1" && job.createdByName == "Ann")
            #expect(job.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        },
        JobStoreCheck("JSON comes back as it was spelled") { test in
            let text = #"{ "big": 123456789012345678901234567890.10, "e": 1E400, "s": "\u00e9\/é😀",  "n":-0.0 }"#
            let inserted = try await test.submit { $0.payload = .checked(text) }
            #expect(try await test.read(inserted.id).payload.string == text)
        },
        JobStoreCheck("texts of every script and length come back as they were") { test in
            let name = "naïve ≠ 純粋 🇨🇭 \u{202E} ' \" % _ \\ \u{1}"
            let long = JSONText.checked(#"{"a": ""# + String(repeating: "ü", count: 100_000) + #""}"#)
            let inserted = try await test.submit { job in
                job.payload = long
                (job.projectId, job.createdBy) = (Name(name), name)
            }
            let job = try await test.read(inserted.id)
            #expect(job.payload == long)
            #expect(job.projectId == Name(name) && job.createdBy == name)
        },
        JobStoreCheck("numbers grow in the order of submission") { test in
            var numbers: [Int64] = []
            for _ in 0..<5 { numbers.append(try await test.submit().number) }
            #expect(numbers == numbers.sorted() && Set(numbers).count == 5)
            #expect(numbers.allSatisfy { $0 > 0 })
        },
        JobStoreCheck("a batch is answered in its order") { test in
            let batch = (0..<50).map { index in
                var job = NewJob(type: "work")
                job.priority = Int16(-index)
                return job
            }
            let inserted = try await test.store.insert(batch, scope: .default)
            #expect(inserted.map(\.number) == inserted.map(\.number).sorted())
            #expect(inserted.count == 50)
            for (index, answer) in inserted.enumerated() {
                #expect(try await test.read(answer.id).priority == Int16(-index))
            }
        },
        JobStoreCheck("a batch with one refused job stores none") { test in
            var bad = NewJob(type: "")
            bad.priority = 1
            await expect(.invalid, pointer: "/1/type") {
                _ = try await test.store.insert([NewJob(type: "work"), bad, NewJob(type: "work")], scope: .default)
            }
            let page = try await test.store.jobs(JobFilter(), page: PageRequest(), scope: .system)
            #expect(page.jobs.isEmpty)
            #expect(try await test.submit().number > 0)
        },
        JobStoreCheck("an empty batch is no error") { test in
            let answers = try await test.store.insert([], scope: .default)
            #expect(answers.isEmpty)
        },
        JobStoreCheck("the system's own jobs have no tenant") { test in
            let inserted = try await test.submit(scope: .system)
            #expect(try await test.read(inserted.id).tenantId == nil)
        },
        JobStoreCheck("a time is kept to the millisecond, cut") { test in
            let base = Date(timeIntervalSince1970: 1_767_225_600)
            let inserted = try await test.submit { $0.runAt = Moment(clamping: base + 0.1239) }
            #expect(try await test.read(inserted.id).runAt == (base + 0.123).wholeMilliseconds)
        },
        JobStoreCheck("an explicit expiry is kept and marked as fixed") { test in
            let inserted = try await test.submit { $0.recordExpiresAt = 4_000_000_000 }
            let job = try await test.read(inserted.id)
            #expect(job.recordExpiresAt == 4_000_000_000 && job.isExpiryFixed)
        },
        JobStoreCheck("a tracked job starts as queued, or as running when it says so") { test in
            let waiting = try await test.read(try await test.track().id)
            #expect(waiting.status == .queued && waiting.tracking == Tracking() && waiting.fence == 0)
            let tracked = try await test.track { job in
                job.tracking = Tracking(staleAfterSeconds: 60)
                job.startsRunning = true
            }
            let running = try await test.read(tracked.id)
            #expect(running.status == .running && running.attempt == 1 && running.fence == 1)
            #expect(running.tracking == Tracking(staleAfterSeconds: 60))
            #expect(try await test.isNow(running.startedAt))
            let weekLater = try await test.now().timeIntervalSince1970 + 7 * 86400
            let expiry = try #require(running.recordExpiresAt)
            #expect(abs(Double(expiry) - weekLater) <= 1 + test.tolerance.seconds)
        },
    ]

    /// Submits that come twice.
    public static let replaying: [JobStoreCheck] =
        [
            JobStoreCheck("a client-made id becomes the job's") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                let inserted = try await test.submit { $0.id = id }
                #expect(inserted.id == id && inserted.outcome == .inserted)
            },
            JobStoreCheck("the same id with the same content is a replay, whatever became of the job") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                let first = try await test.submit { $0.id = id }
                let again = try await test.submit { $0.id = id }
                #expect(again.id == id && again.number == first.number && again.outcome == .replayed)
                try await test.complete(try await test.claimOne())
                let late = try await test.submit { $0.id = id }
                #expect(late.outcome == .replayed && late.number == first.number)
                #expect(try await test.read(id).status == .completed)
            },
            JobStoreCheck("a delay counts from when the job is stored, and is the same when it is sent again") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                func submit() async throws -> InsertedJob {
                    try await test.submit { job in
                        job.id = id
                        job.delaySeconds = 1
                        job.traceparent = "00-\(UInt64.random(in: 0...UInt64.max))"
                    }
                }
                _ = try await submit()
                let job = try await test.read(id)
                #expect(job.runAt == job.createdAt.addingTimeInterval(1))
                #expect(try await test.claim().isEmpty)
                try await test.advance(.milliseconds(1500))
                #expect(try await submit().outcome == .replayed)
                #expect(try await test.claim().map(\.lease.id) == [id])
            },
            JobStoreCheck("the same id with another content is a mismatch, and changes nothing") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                _ = try await test.submit { $0.id = id }
                await expect(.idempotencyMismatch) {
                    _ = try await test.submit { job in
                        job.id = id
                        job.payload = .checked(#"{"other": true}"#)
                    }
                }
                await expect(.idempotencyMismatch) {
                    _ = try await test.submit { job in
                        job.id = id
                        job.priority = 3
                    }
                }
                #expect(try await test.read(id).rev == 1)
            },
            JobStoreCheck("another tenant's id is a mismatch and shows nothing") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                _ = try await test.submit(scope: .tenant("a")) { $0.id = id }
                await expect(.idempotencyMismatch) {
                    _ = try await test.submit(scope: .tenant("b")) { $0.id = id }
                }
            },
            JobStoreCheck("a replay comes before the unique key") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                let change: @Sendable (inout NewJob) -> Void = { job in
                    job.id = id
                    job.uniqueKey = "k"
                    job.onConflict = .reject
                }
                _ = try await test.submit("work", scope: .default, change)
                #expect(try await test.submit("work", scope: .default, change).outcome == .replayed)
            },
            JobStoreCheck("the same id twice in a batch is one job") { test in
                var job = NewJob(type: "work")
                job.id = JobIDGenerator().next(at: try await test.now())
                let inserted = try await test.store.insert([job, job], scope: .default)
                #expect(inserted.map(\.outcome) == [.inserted, .replayed])
                #expect(inserted.first?.number == inserted.last?.number)
            },
            JobStoreCheck("fifty submits of one id at once make one job") { test in
                let id = JobIDGenerator().next(at: try await test.now())
                let inserted = try await withThrowingTaskGroup(of: InsertedJob.self) { group in
                    for _ in 0..<50 { group.addTask { try await test.submit { $0.id = id } } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(inserted.count { $0.outcome == .inserted } == 1)
                #expect(Set(inserted.map(\.number)).count == 1)
            },
            JobStoreCheck("an id of another version is refused") { test in
                let id = try #require(JobID("6ba7b810-9dad-41d1-80b4-00c04fd430c8"))
                await expect(.invalid, pointer: "/0/id") { _ = try await test.submit { $0.id = id } }
            },
        ] + understanding + answering
}
