import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Who lives, and holds what.
    public static let workers: [JobStoreCheck] = [
        JobStoreCheck("a worker is listed as it announced itself, with the latest it said") { test in
            var worker = try await test.announcement("w1", queues: ["mail", "im,\"ages"])
            try await test.store.announce(worker)
            try await test.advance(.seconds(5))
            worker.running = 3
            try await test.store.announce(worker)
            try await test.advance(.seconds(2))
            let listed = try await test.store.workers(scope: .system)
            #expect(listed.map(\.announcement) == [worker])
            let age = try #require(listed.first).heartbeatAge
            #expect(abs(age.seconds - 2) <= test.tolerance.seconds)
            let heartbeat = try #require(listed.first).heartbeatAt
            #expect(abs(heartbeat.timeIntervalSince(try await test.date(in: .seconds(-2)))) <= test.tolerance.seconds)
        },
        JobStoreCheck("a worker that says neither queues nor version takes from all, and has none") { test in
            let worker = try await test.announcement("w1", version: nil)
            try await test.store.announce(worker)
            #expect(try await test.store.workers(scope: .system).map(\.announcement) == [worker])
        },
        JobStoreCheck("what a worker elsewhere says of itself is listed as it said it") { test in
            var worker = try await test.announcement("w1")
            worker.language = "python"
            worker.labels = .checked(#"{"zone":"b"}"#)
            try await test.store.announce(worker)
            #expect(try await test.store.workers(scope: .system).map(\.announcement) == [worker])
        },
        JobStoreCheck("workers are listed by their start, and a withdrawn one is not") { test in
            for id in ["w2", "w3", "w1"] as [Name] {
                try await test.store.announce(try await test.announcement(id))
                try await test.advance(.seconds(1))
            }
            #expect(try await test.store.workers(scope: .system).map(\.announcement.id) == ["w2", "w3", "w1"])
            try await test.store.withdraw(worker: "w3")
            try await test.store.withdraw(worker: "w3")
            #expect(try await test.store.workers(scope: .system).map(\.announcement.id) == ["w2", "w1"])
        },
        JobStoreCheck("a dead worker stays listed with its age, until a reap after three leases") { test in
            try await test.store.announce(try await test.announcement("dead", lease: .seconds(10)))
            try await test.advance(.seconds(15))
            try await test.store.announce(try await test.announcement("alive", lease: .seconds(10)))
            try await test.advance(.seconds(14))
            _ = try await test.store.reap(limit: 10)
            let before = try await test.store.workers(scope: .system)
            #expect(before.map(\.announcement.id) == ["dead", "alive"])
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 10)
            #expect(try await test.store.workers(scope: .system).map(\.announcement.id) == ["alive"])
            try await test.store.announce(try await test.announcement("dead", lease: .seconds(10)))
            #expect(try await test.store.workers(scope: .system).count == 2)
        },
        JobStoreCheck("a worker is listed with its leases and their ends, which a renewal moves") { test in
            try await test.store.announce(try await test.announcement("w1"))
            try await test.store.announce(try await test.announcement("w2"))
            #expect(try await test.store.workers(scope: .system).map(\.leaseCount) == [0, 0])
            let late = try await test.run(lease: .seconds(60))
            let first = try await test.run(lease: .seconds(30))
            let worker = try #require(try await test.store.workers(scope: .system).first)
            #expect(worker.announcement.id == "w1" && worker.leaseCount == 2)
            #expect(worker.leases.map(\.lease) == [first, late])
            #expect(try await test.isNow(worker.leases.first?.expiresAt.addingTimeInterval(-30)))
            try await test.advance(.seconds(20))
            _ = try await test.renew(first, for: .seconds(90))
            let renewed = try #require(try await test.store.workers(scope: .system).first).leases
            #expect(renewed.map(\.lease) == [late, first])
            #expect(try await test.isNow(renewed.last?.expiresAt.addingTimeInterval(-90)))
        },
        JobStoreCheck("a lease that has ended is not held any more") { test in
            try await test.store.announce(try await test.announcement("w1", lease: .seconds(60)))
            try await test.complete(try await test.run())
            try await test.cancel(try await test.run().id)
            _ = try await test.run(lease: .seconds(1))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 10)
            #expect(try await test.store.workers(scope: .system).map(\.leaseCount) == [0])
            let again = try await test.claimOne()
            #expect(try await test.store.workers(scope: .system).flatMap(\.leases).map(\.lease) == [again])
        },
        JobStoreCheck("leases of other scopes are not shown, and no more than the limit of one's own") { test in
            try await test.store.announce(try await test.announcement("w1"))
            _ = try await test.run(scope: .tenant("other"))
            _ = try await test.run(scope: .default) { $0.projectId = "p" }
            #expect(try await test.store.workers(scope: .system).map(\.leaseCount) == [2])
            #expect(try await test.store.workers(scope: .default).map(\.leaseCount) == [1])
            let limited = Scope.tenant("default", projects: ["q"])
            #expect(try await test.store.workers(scope: limited).map(\.leaseCount) == [0])
            for _ in 0...LiveWorker.leaseLimit { _ = try await test.submit() }
            #expect(try await test.claim(LiveWorker.leaseLimit + 1).count == LiveWorker.leaseLimit + 1)
            let worker = try #require(try await test.store.workers(scope: .default).first)
            #expect(worker.leaseCount == LiveWorker.leaseLimit + 2)
            #expect(worker.leases.count == LiveWorker.leaseLimit)
        },
        JobStoreCheck("a worker hears with its announcement what is wanted of it, and that it is to stop for good") {
            test in
            var worker = try await test.announcement("w1")
            worker.tenantId = "a"
            #expect(try await test.store.announce(worker) == .run)
            try await test.store.want(.quiet, ofWorker: "w1")
            let listed = try #require(try await test.store.workers(scope: .system).first)
            #expect(listed.wanted == .quiet && listed.announcement == worker)
            worker.state = .quiet
            #expect(try await test.store.announce(worker) == .quiet)
            #expect(try await test.store.workers(scope: .system).first?.announcement.state == .quiet)
            try await test.store.want(.run, ofWorker: "w1")
            #expect(try await test.store.announce(worker) == .run)
            try await test.store.want(.stop, ofWorker: "w1")
            try await test.store.want(.quiet, ofWorker: "w1")
            #expect(try await test.store.announce(worker) == .stop)
            await expect(.notFound) { try await test.store.want(.stop, ofWorker: "w2") }
            try await test.store.withdraw(worker: "w1")
            #expect(try await test.store.announce(worker) == .run)
        },
    ]
}

extension JobStoreUnderTest {
    /// What a worker says that starts now.
    func announcement(
        _ id: Name,
        version: String? = "1.2",
        queues: [Name]? = nil,
        lease: Duration = .seconds(30)
    ) async throws -> WorkerAnnouncement {
        WorkerAnnouncement(
            id: id,
            name: "host:17",
            version: version,
            queues: queues,
            types: ["Import", "work"],
            slots: 4,
            startedAt: try await now().wholeMilliseconds,
            lease: lease
        )
    }
}
