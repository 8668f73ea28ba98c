import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// What makes two submits the same, and what they are answered with when the first made no job.
    static let understanding: [JobStoreCheck] = [
        JobStoreCheck("a submit that is only written otherwise is a replay, and one that means something else is not") {
            test in
            let id = JobIDGenerator().next(at: try await test.now())
            func submit(_ payload: String) async throws -> InsertedJob.Outcome {
                let inserted = try await test.submit { job in
                    (job.id, job.payload, job.metadata) = (id, .checked(payload), .checked("{ }"))
                }
                return inserted.outcome
            }
            let first = #"{"a":{"y":[1.0,2],"x":"é"},"b":12345678901234567890}"#
            #expect(try await submit(first) == .inserted)
            #expect(
                try await submit(#" { "b" : 12345678901234567890, "a": {"x":"\u00e9",  "y":[1.0, 2]}}"#) == .replayed
            )
            #expect(try await submit(#"{"\u0061":{"x":"\u00E9","y":[1.0,2]},"b":12345678901234567890}"#) == .replayed)
            for other in [
                first.replacing("1.0", with: "1"), first.replacing("890}", with: "891}"),
                first.replacing("é", with: "e\u{301}"), first.replacing("[1.0,2]", with: "[2,1.0]"),
                first.replacing("\"é\"", with: "null"),
            ] {
                await expect(.idempotencyMismatch, pointer: "/0/id") { _ = try await submit(other) }
            }
            #expect(try await test.read(id).payload.string == first)
        },
        JobStoreCheck("a type's defaults may change, and may be written out: the submit is the same") { test in
            let id = JobIDGenerator().next(at: try await test.now())
            func submit(
                _ maxAttempts: Int,
                unsaid: NewJob.Unsaid = [.queue, .maxAttempts, .timeoutSeconds]
            ) async throws -> InsertedJob.Outcome {
                let inserted = try await test.submit { job in
                    (job.id, job.maxAttempts) = (id, maxAttempts)
                    job.request = NewJob.Request(said: job.said(leavingOut: unsaid))
                }
                return inserted.outcome
            }
            #expect(try await submit(3) == .inserted)
            #expect(try await submit(7) == .replayed)
            #expect(try await submit(3, unsaid: [.queue]) == .replayed)
            await expect(.idempotencyMismatch) { _ = try await submit(7, unsaid: [.queue]) }
        },
        JobStoreCheck("a request with several jobs is known as a whole") { test in
            let request = try #require(JobID("01890000-0000-8000-8000-0000000000bb"))
            let ids = (0..<5).map { JobID(high: request.high, low: request.low + 1 + UInt64($0)) }
            func submit(_ count: Int, _ change: (inout NewJob) -> Void = { _ in }) async throws -> [InsertedJob] {
                var jobs = (0..<count).map { _ in NewJob(type: "work") }
                change(&jobs[0])
                let whole = SubmitFingerprint(whole: jobs.map(\.fingerprint), "all")
                for place in jobs.indices {
                    jobs[place].request = NewJob.Request(
                        said: jobs[place].said(leavingOut: []),
                        whole: NewJob.Request.Whole(id: request, fingerprint: whole, namesJob: true)
                    )
                    jobs[place].id = ids[place]
                }
                var answers: [InsertedJob] = []
                // One by one, as it is where each stands for itself.
                for job in jobs { answers += try await test.store.insert([job], scope: .default) }
                return answers
            }
            let first = try await submit(3)
            #expect(first.map(\.outcome) == [.inserted, .inserted, .inserted])
            #expect(try await submit(3).map(\.number) == first.map(\.number))
            await expect(.idempotencyMismatch) { _ = try await submit(5) }
            await expect(.idempotencyMismatch) { _ = try await submit(1) }
            await expect(.idempotencyMismatch) { _ = try await submit(3) { $0.priority = 1 } }
            #expect(try await test.store.jobs(JobFilter(), page: PageRequest(), scope: .default).jobs.count == 3)
        },
    ]

    /// Submits with an id that made no job, because another has the unique key.
    static let answering: [JobStoreCheck] = [
        JobStoreCheck("a submit that was answered with another's job is answered with it again, for a day") { test in
            let holder = try await test.submit { $0.uniqueKey = "k" }
            let id = JobIDGenerator().next(at: try await test.now())
            func again() async throws -> InsertedJob {
                try await test.submit { ($0.id, $0.uniqueKey) = (id, "k") }
            }
            #expect(try await again().outcome == .existing)
            let replayed = InsertedJob(
                id: holder.id,
                number: holder.number,
                outcome: .replayed,
                firstOutcome: .existing
            )
            #expect(try await again() == replayed)
            try await test.complete(try await test.claimOne())
            #expect(try await again() == replayed)
            await expect(.idempotencyMismatch, pointer: "/0/id") {
                _ = try await test.submit { ($0.id, $0.uniqueKey, $0.priority) = (id, "k", 1) }
            }
            await expect(.idempotencyMismatch) {
                _ = try await test.submit(scope: .tenant("b")) { ($0.id, $0.uniqueKey) = (id, "k") }
            }
            try await test.advance(.seconds(86_399))
            _ = try await test.prune()
            #expect(try await again() == replayed)
            try await test.advance(.seconds(2))
            _ = try await test.prune()
            #expect(try await again().outcome == .inserted)
        },
        JobStoreCheck("a submit that replaced replaces once") { test in
            let holder = try await test.submit { $0.uniqueKey = "k" }
            let id = JobIDGenerator().next(at: try await test.now())
            func again() async throws -> InsertedJob {
                try await test.submit { ($0.id, $0.uniqueKey, $0.onConflict) = (id, "k", .replace) }
            }
            #expect(try await again().outcome == .replaced)
            let replayed = try await again()
            #expect(replayed.outcome == .replayed && replayed.firstOutcome == .replaced && replayed.id == holder.id)
            #expect(try await test.read(holder.id).rev == 2)
        },
        JobStoreCheck("where the job of an answer is deleted, the answer is that it is gone") { test in
            let holder = try await test.submit { $0.uniqueKey = "k" }
            let id = JobIDGenerator().next(at: try await test.now())
            _ = try await test.submit { ($0.id, $0.uniqueKey) = (id, "k") }
            try await test.cancel(holder.id)
            try await test.store.delete(.id(holder.id), scope: .default)
            await expect(.gone, pointer: "/0/id") {
                _ = try await test.submit { ($0.id, $0.uniqueKey) = (id, "k") }
            }
        },
        JobStoreCheck("within a batch a submit is answered as it was a moment before") { test in
            var (first, second) = (NewJob(type: "work"), NewJob(type: "work"))
            (first.uniqueKey, second.uniqueKey) = ("k", "k")
            second.id = JobIDGenerator().next(at: try await test.now())
            let inserted = try await test.store.insert([first, second, second], scope: .default)
            #expect(inserted.map(\.outcome) == [.inserted, .existing, .replayed])
            #expect(inserted.map(\.firstOutcome) == [.inserted, .existing, .existing])
            #expect(Set(inserted.map(\.number)).count == 1)
            let later = try await test.store.insert([second], scope: .default)
            #expect(later.map(\.number) == [inserted[0].number] && later[0].firstOutcome == .existing)
        },
        JobStoreCheck("thirty at once that find another's job are answered alike") { test in
            let holder = try await test.submit { $0.uniqueKey = "k" }
            let id = JobIDGenerator().next(at: try await test.now())
            let answers = try await withThrowingTaskGroup(of: InsertedJob.self) { group in
                for _ in 0..<30 {
                    group.addTask { try await test.submit { ($0.id, $0.uniqueKey) = (id, "k") } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.number == holder.number && $0.firstOutcome == .existing })
        },
    ]
}
