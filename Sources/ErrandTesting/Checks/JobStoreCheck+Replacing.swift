import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// What `onConflict: replace` makes of the job that has the unique key.
    static let replacing: [JobStoreCheck] = [
        JobStoreCheck("a taken key replaces everything the submit says") { test in
            var old = NewJob(type: "work", queue: "old", payload: .long("a"))
            (old.uniqueKey, old.projectId, old.data) = ("k", "p", .checked(#"{"a":1}"#))
            (old.internalData, old.metadata) = (.long("c"), .checked(#"{"tags":["old"]}"#))
            (old.timeoutSeconds, old.recordExpiresAt) = (5, 4_000_000_000)
            (old.createdBy, old.projectName) = ("ann", "P")
            let first = try await test.store.insert([old], scope: .default)[0]
            var new = NewJob(type: "work", queue: "new", payload: .checked(#"{"b":2}"#))
            (new.uniqueKey, new.onConflict, new.priority, new.maxAttempts) = ("k", .replace, -4, 8)
            (new.projectId, new.metadata, new.delaySeconds) = ("q", .checked(#"{"tags":["new"]}"#), 60)
            (new.createdBy, new.createdByName, new.traceparent) = ("bob", "Bob", "00-1-1-01")
            try await test.expectReplaced(first, by: new)
            let counts = try await test.store.counts(by: .queue, projectId: "q", scope: .default)
            #expect(counts["new"]?.queued == 1 && counts["old"] == nil)
            #expect(try await test.store.counts(by: .queue, projectId: "p", scope: .default).values.map(\.total) == [])
            var tagged = JobFilter()
            tagged.tag = "new"
            #expect(
                try await test.store.jobs(tagged, page: PageRequest(), scope: .default).jobs.map(\.id) == [first.id]
            )
            tagged.tag = "old"
            #expect(try await test.store.jobs(tagged, page: PageRequest(), scope: .default).jobs.isEmpty)
            try await test.advance(.seconds(60))
            #expect(try await test.claim(queues: ["old"]).isEmpty)
            #expect(try await test.claim(queues: ["new"]).map(\.lease.id) == [first.id])
        },
        JobStoreCheck("a replacement of little text by much, and of everything by nothing, is whole") { test in
            let first = try await test.submit { $0.uniqueKey = "k" }
            var new = NewJob(type: "work", payload: .long("x"))
            (new.uniqueKey, new.onConflict, new.recordExpiresAt) = ("k", .replace, 4_000_000_000)
            (new.metadata, new.data, new.internalData) = (.long("m"), .long("d"), .long("i"))
            try await test.expectReplaced(first, by: new)
            var bare = NewJob(type: "work")
            (bare.uniqueKey, bare.onConflict) = ("k", .replace)
            try await test.expectReplaced(first, by: bare)
            #expect(try await test.claim().map(\.payload) == [.emptyObject])
        },
        JobStoreCheck("a job that is replaced while it waits for another try begins anew") { test in
            let lease = try await test.run { $0.uniqueKey = "k" }
            try await test.report(lease) { report in
                (report.progress, report.checkpoint) = (50, .checked(#"{"row":5000}"#))
            }
            try await test.fail(lease, retryAfter: .seconds(60))
            var new = NewJob(type: "work")
            (new.uniqueKey, new.onConflict) = ("k", .replace)
            let before = try await test.read(lease.id)
            #expect(before.attempt == 1 && before.checkpoint != nil)
            try await test.expectReplaced(InsertedJob(id: lease.id, number: lease.number, outcome: .inserted), by: new)
            let job = try await test.read(lease.id)
            #expect(job.attempt == 0 && job.checkpoint == nil && job.errors == before.errors)
            let claimed = try #require(try await test.claim().first)
            #expect(claimed.attempt == 1 && claimed.checkpoint == nil)
        },
        JobStoreCheck("a replacement waits for nobody, or for the same as before") { test in
            let others = [try await test.submit(), try await test.submit()]
            let first = try await test.submit { ($0.uniqueKey, $0.after) = ("k", others.map(\.id)) }
            var new = NewJob(type: "work", payload: .checked(#"{"n":1}"#))
            (new.uniqueKey, new.onConflict, new.after) = ("k", .replace, others.map(\.id).reversed())
            try await test.expectReplaced(first, by: new)
            #expect(try await test.read(first.id).blockedBy == 2)
            new.after = [others[0].id]
            await expect(.uniqueConflict, pointer: "/0/after", status: .queued) { [new] in
                _ = try await test.store.insert([new], scope: .default)
            }
            new.after = []
            try await test.expectReplaced(first, by: new)
            #expect(try await test.read(first.id).substate(at: test.now()) == .ready)
            // The ends of those it waited for are nothing to it any more.
            try await test.cancel(others[0].id)
            try await test.cancel(others[1].id)
            #expect(try await test.claim().map(\.lease.id) == [first.id])
        },
        JobStoreCheck("a job of another project is not replaced, nor shown") { test in
            let first = try await test.submit { ($0.uniqueKey, $0.projectId) = ("k", "p") }
            for policy in NewJob.ConflictPolicy.allCases {
                do {
                    _ = try await test.submit(scope: .tenant("default", projects: ["q"])) { job in
                        (job.uniqueKey, job.projectId, job.onConflict) = ("k", "q", policy)
                    }
                    Issue.record("a job of another project was the answer")
                } catch let error as JobStoreError {
                    #expect(error.code == .uniqueConflict && !error.message.contains(first.id.description))
                }
            }
            #expect(try await test.read(first.id).rev == 1)
        },
        JobStoreCheck("a tracked job and one for workers do not replace each other") { test in
            let first = try await test.submit { $0.uniqueKey = "k" }
            await expect(.uniqueConflict, status: .queued) {
                _ = try await test.submit { ($0.uniqueKey, $0.onConflict, $0.tracking) = ("k", .replace, Tracking()) }
            }
            #expect(try await test.read(first.id).rev == 1)
        },
        JobStoreCheck("a job of the same batch is replaced too") { test in
            var (first, second) = (NewJob(type: "work"), NewJob(type: "work", queue: "other"))
            (first.uniqueKey, first.after) = ("k", [try await test.submit("before").id])
            (second.uniqueKey, second.onConflict, second.projectId) = ("k", .replace, "p")
            let inserted = try await test.store.insert([first, second], scope: .default)
            #expect(inserted.map(\.outcome) == [.inserted, .replaced])
            let job = try await test.read(inserted[0].id)
            #expect(job.queue == "other" && job.projectId == "p" && job.blockedBy == 0 && job.after.isEmpty)
            #expect(try await test.claim(queues: ["other"]).map(\.lease.id) == [job.id])
        },
    ]
}

extension JobStoreUnderTest {
    /// Replaces a job by a submit, and compares it with what the transition makes of it.
    fileprivate func expectReplaced(
        _ first: InsertedJob,
        by new: NewJob,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await read(first.id)
        let answer = try #require(try await store.insert([new], scope: .default).first)
        #expect(answer == InsertedJob(id: first.id, number: first.number, outcome: .replaced), sourceLocation: location)
        let after = try await read(first.id)
        let time = StoreTime(wall: after.updatedAt, steady: .zero)
        #expect(try await isNow(after.updatedAt), sourceLocation: location)
        let expected = try before.applying(.replace(new), at: time)
        #expect(after == expected, sourceLocation: location)
    }
}

extension JSONText {
    /// An object that no store keeps in the row itself.
    fileprivate static func long(_ name: String) -> JSONText {
        .checked("{\"\(name)\":\"\(String(repeating: name, count: 5000))\"}")
    }
}
