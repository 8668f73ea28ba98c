import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Ends of jobs for which thousands wait: for a store that goes on by itself.
    ///
    /// - Parameter count: How many wait.
    /// - Returns: The checks; ``all`` has none of them.
    public static func largeCascades(of count: Int) -> [JobStoreCheck] {
        [
            JobStoreCheck("a chain of \(count) jobs is cancelled to its end") { test in
                let ids = try await test.submitLargeChain(count + 1)
                let changes = test.store.changes(.jobs)
                try await test.cancel(ids[0])
                try await test.expect(count + 1, .cancelled, hearing: changes)
                #expect(try await test.read(ids[count]).failure?.code == "dependency_failed")
            },
            JobStoreCheck("a failed job for which \(count) wait ends at once, and so do they in time") { test in
                let lease = try await test.run()
                try await test.submitLarge(after: lease.id, count)
                let other = try await test.submit("other")
                let changes = test.store.changes(.jobs)
                try await test.fail(lease)
                #expect(try await test.read(lease.id).status == .failed)
                // Others are served meanwhile.
                let claimed = try #require(try await test.claim(types: ["other"]).first)
                try await test.complete(claimed.lease)
                #expect(claimed.lease.id == other.id)
                try await test.expect(count, .cancelled, hearing: changes)
            },
            JobStoreCheck("a completed job for which \(count) wait frees them all in time") { test in
                let lease = try await test.run()
                try await test.submitLarge(after: lease.id, count)
                let changes = test.store.changes(.jobs)
                try await test.complete(lease)
                #expect(try await test.read(lease.id).status == .completed)
                var left = count
                var heard = changes
                while left > 0 {
                    let jobs = try await test.claim(1000, types: ["later"])
                    left -= jobs.count
                    if jobs.isEmpty { _ = await heard.next() }
                }
                #expect(left == 0)
                #expect(try await test.claim(10, types: ["later"]).isEmpty)
            },
        ]
    }
}

extension JobStoreUnderTest {
    /// Submits jobs each of which waits for the one before, many at a time.
    fileprivate func submitLargeChain(_ count: Int) async throws -> [JobID] {
        let ids = JobIDGenerator()
        var (all, last): ([JobID], JobID?) = ([], nil)
        while all.count < count {
            let time = try await now()
            let batch = (0..<min(1000, count - all.count)).map { _ in ids.next(at: time) }
            var jobs: [NewJob] = []
            for id in batch {
                var job = NewJob(type: "work")
                (job.id, job.after) = (id, [last].compactMap(\.self))
                jobs.append(job)
                last = id
            }
            _ = try await store.insert(jobs, scope: .default)
            all += batch
        }
        return all
    }

    /// Submits jobs that all wait for one, many at a time.
    fileprivate func submitLarge(after id: JobID, _ count: Int) async throws {
        var job = NewJob(type: "later")
        job.after = [id]
        for start in stride(from: 0, to: count, by: 1000) {
            _ = try await store.insert(Array(repeating: job, count: min(1000, count - start)), scope: .default)
        }
    }

    /// Waits until so many jobs are in a status.
    fileprivate func expect(_ count: Int, _ status: JobStatus, hearing changes: StoreChangeStream) async throws {
        var heard = changes
        while true {
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
            let found = counts.values.reduce(0) { $0 + $1[status] }
            if found == count { return }
            try #require(found < count)
            _ = await heard.next()
        }
    }
}
