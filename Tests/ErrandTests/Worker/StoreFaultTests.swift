import Errand
import ErrandTesting
import Synchronization
import Testing

@Suite("A store that fails", .timeLimit(.minutes(5)))
struct StoreFaultTests {
    @Test("an end that cannot be recorded is tried again", arguments: [JobStoreError.Code.unavailable, .full])
    func settledAgain(_ code: JobStoreError.Code) async throws {
        var bench = WorkerBench()
        let failed = Gate()
        let left = Mutex(2)
        bench.store.tap { taps in
            taps.settle = { _ throws(JobStoreError) in
                let fails = left.withLock {
                    $0 -= 1
                    return $0 >= 0
                }
                guard fails else { return }
                failed.open()
                throw JobStoreError(code, "down")
            }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            for _ in 0..<2 {
                try await failed.pass()
                bench.clock.advance(by: .seconds(5))
            }
            #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
        }
    }

    @Test("an end whose lease is over is dropped, and the job runs again elsewhere")
    func dropped() async throws {
        var bench = WorkerBench()
        bench.options.heartbeat = .seconds(3600)
        let failed = Gate()
        bench.store.tap { taps in
            taps.settle = { _ throws(JobStoreError) in
                failed.open()
                throw JobStoreError(.unavailable, "down")
            }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { _ in
            try await failed.pass()
            bench.clock.advance(by: .seconds(31))
        }
        #expect(try await bench.memory.reap(limit: 10) == 1)
        #expect(try await bench.client.status(.id(inserted.id)) == .queued)
    }

    @Test("a job whose lease is over before it starts is left to others")
    func overBeforeItStarts() async throws {
        var bench = WorkerBench(concurrency: 1)
        bench.options.heartbeat = .seconds(3600)
        let again = Gate()
        let claims = Mutex(0)
        bench.store.tap { [clock = bench.clock] taps in
            taps.claim = { _ throws(JobStoreError) in
                let count = claims.withLock {
                    $0 += 1
                    return $0
                }
                // As when the process sleeps: the lease counts from before the claim.
                if count == 1 { clock.advance(by: .seconds(31)) } else { again.open() }
            }
        }
        let starts = Mutex(0)
        bench.handlers.register("send") { (_: Invoice, _) in starts.withLock { $0 += 1 } }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { _ in
            // The heartbeat and the next claim, which comes once the slot is free.
            await bench.clock.sleepers(atLeast: 2)
            bench.clock.advance(by: .seconds(10))
            try await again.pass()
        }
        #expect(starts.withLock { $0 } == 0)
        bench.clock.advance(by: .seconds(31))
        #expect(try await bench.memory.reap(limit: 10) == 1)
        #expect(try await bench.client.status(.id(inserted.id)) == .queued)
    }

    @Test("one end that the store refuses does not take the others with it")
    func oneBad() async throws {
        var bench = WorkerBench(concurrency: 2)
        let bad = Mutex<JobID?>(nil)
        bench.store.tap { taps in
            taps.settle = { settlements throws(JobStoreError) in
                if settlements.contains(where: { $0.lease.id == bad.withLock { $0 } }) {
                    throw JobStoreError(.corrupt, "no")
                }
            }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        let jobs = try await bench.client.submit("send", all: (1...2).map(Invoice.init))
        bad.withLock { $0 = jobs[0].id }
        try await bench.whileWorking { client in
            let good = try await client.wait(for: .id(jobs[1].id))
            #expect(good.status == .completed)
        }
        #expect(try await bench.client.status(.id(jobs[0].id)) == .running)
    }

    /// What a server says that is there, of one statement.
    private struct StatementFault: RequestFault {
        let isOfRequest = true
    }

    @Test("one end that the store cannot record, though it is there, does not take the others with it")
    func oneAtFault() async throws {
        var bench = WorkerBench(concurrency: 4)
        let bad = Mutex<JobID?>(nil)
        bench.store.tap { taps in
            taps.settle = { settlements throws(JobStoreError) in
                if settlements.contains(where: { $0.lease.id == bad.withLock { $0 } }) {
                    throw JobStoreError(.unavailable, "too slow", underlying: StatementFault())
                }
            }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        let jobs = try await bench.client.submit("send", all: (1...7).map(Invoice.init))
        bad.withLock { $0 = jobs[2].id }
        try await bench.whileWorking { [clock = bench.clock] client in
            for (index, job) in jobs.enumerated() where index != 2 {
                // The one at fault is tried again after pauses, which the others wait for.
                while try await client.status(.id(job.id)) != .completed {
                    clock.advance(by: .milliseconds(100))
                    await Task.yield()
                }
            }
        }
        #expect(try await bench.client.status(.id(jobs[2].id)) == .running)
    }

    @Test("a claim that fails is tried again")
    func claimAgain() async throws {
        var bench = WorkerBench()
        let failed = Gate()
        let left = Mutex(3)
        bench.store.tap { taps in
            taps.claim = { _ throws(JobStoreError) in
                let fails = left.withLock {
                    $0 -= 1
                    return $0 >= 0
                }
                guard fails else { return }
                failed.open()
                throw JobStoreError(.unavailable, "down")
            }
        }
        bench.handlers.register("send") { (invoice: Invoice, _) in invoice }
        let inserted = try await bench.client.submit("send", Invoice(number: 1))
        try await bench.whileWorking { client in
            for _ in 0..<3 {
                try await failed.pass()
                await bench.clock.sleepers(atLeast: 2)
                bench.clock.advance(by: .seconds(5))
            }
            #expect(try await client.wait(for: .id(inserted.id)).status == .completed)
        }
    }

    @Test("orphaned files are deleted, and reported as deleted")
    func prunedFiles() async throws {
        var bench = WorkerBench()
        let objects = DeletedObjects()
        bench.options.pruneInterval = .seconds(60)
        bench.options.objectStore = objects
        let pruned = Gate()
        let calls = Mutex<[[String]]>([])
        bench.store.tap { taps in
            taps.prune = { deleted in
                let isFirst = calls.withLock {
                    $0.append(deleted)
                    return $0.count == 1
                }
                pruned.open()
                return PruneResult(deletedRecords: 0, orphanedFiles: isFirst ? ["a", "b"] : [])
            }
        }
        try await bench.whileWorking { _ in
            // The heartbeat, the poll and the next prune.
            await bench.clock.sleepers(atLeast: 3)
            bench.clock.advance(by: .seconds(60))
            try await pruned.pass()
            try await pruned.pass()
        }
        #expect(objects.keys.withLock { $0 } == ["a", "b"])
        #expect(calls.withLock { $0 } == [[], ["a", "b"]])
    }
}

/// An object store that only deletes.
private final class DeletedObjects: ObjectStore {
    let keys = Mutex<[String]>([])
    var resultType: ResultType { .url }

    func put(
        _ key: String,
        body: any AsyncSequence<[UInt8], any Error> & Sendable,
        limit: Int64
    ) async throws -> StoredObject { throw ObjectStoreError(.unavailable, "only deletes") }

    func get(_ key: String, range: Range<Int64>?) async throws -> ObjectBody {
        throw ObjectStoreError(.unavailable, "only deletes")
    }

    func delete(_ key: String) async throws { keys.withLock { $0.append(key) } }

    func link(to key: String, filename: String, for lifetime: Duration) async throws -> String {
        throw ObjectStoreError(.unavailable, "only deletes")
    }
}
