import Errand
import FoundationEssentials
import Testing

@Suite("Passing changes on", .timeLimit(.minutes(1)))
struct ChangeHubTests {
    private let hub = ChangeHub()
    private let jobs = (0..<3).map { JobIDGenerator().next(at: Date(timeIntervalSince1970: Double($0))) }

    private func changes(_ jobs: JobID..., isIncomplete: Bool = false) -> StoreChanges {
        var changes = StoreChanges()
        for job in jobs { changes.jobs[job] = JobChange(id: job, tenantId: nil, projectId: nil, rev: 1) }
        changes.isIncomplete = isIncomplete
        return changes
    }

    @Test("who watches a job hears of that job alone, and of everything that may have been missed")
    func watching() async {
        var first = hub.subscribe(to: .job(jobs[0]))
        var second = hub.subscribe(to: .job(jobs[1]))
        hub.publish(changes(jobs[1], jobs[2]))
        #expect(await second.next() == changes(jobs[1]))
        hub.publish(changes(jobs[0]))
        #expect(await first.next() == changes(jobs[0]))
        hub.publish(changes(jobs[2], isIncomplete: true))
        #expect(await first.next()?.isIncomplete == true)
        #expect(await second.next()?.isIncomplete == true)
    }

    @Test("who watches a tenant hears of its jobs alone, once for each commit")
    func tenants() async {
        var watcher = hub.subscribe(to: .tenant("a"))
        var other = hub.subscribe(to: .tenant("b"))
        var both = StoreChanges()
        for (job, tenant) in zip(jobs, ["a", "b", "a"] as [Name]) {
            both.jobs[job] = JobChange(id: job, tenantId: tenant, projectId: nil, rev: 1)
        }
        hub.publish(changes(jobs[0]))
        hub.publish(both)
        #expect(await Set(watcher.next()?.jobs.keys.map(\.self) ?? []) == [jobs[0], jobs[2]])
        #expect(await other.next()?.jobs.keys.map(\.self) == [jobs[1]])
    }

    @Test("several may watch one job, and one who has gone leaves the others")
    func several() async {
        var gone: StoreChangeStream? = hub.subscribe(to: .job(jobs[0]))
        var stays = hub.subscribe(to: .job(jobs[0]))
        _ = gone
        gone = nil
        hub.publish(changes(jobs[0]))
        #expect(await stays.next() == changes(jobs[0]))
    }

    @Test("the hub knows what anybody wants to hear of, until the last has gone")
    func interest() {
        #expect(hub.interest == [])
        var watcher: StoreChangeStream? = hub.subscribe(to: .job(jobs[0]))
        var listener: StoreChangeStream? = hub.subscribe([.wakeUps, .jobs])
        _ = (watcher, listener)
        #expect(hub.interest == [.wakeUps, .jobs])
        listener = nil
        #expect(hub.interest == .jobs)
        watcher = nil
        #expect(hub.interest == [])
    }

    @Test("the end of the store is the end of every stream")
    func end() async {
        var watcher = hub.subscribe(to: .job(jobs[0]))
        var listener = hub.subscribe(.jobs)
        async let ends = [watcher.next(), listener.next()]
        hub.finish()
        #expect(await ends == [nil, nil])
        var late = hub.subscribe(to: .job(jobs[0]))
        #expect(await late.next() == nil)
    }
}
