import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import Testing

@Suite("Rate limits over restarts", .timeLimit(.minutes(5)))
struct RateLimitKeepingTests {
    /// What the wall clock does between two openings of the file, and how long the full window lasts then.
    static let restarts: [(jump: Duration, rest: Duration)] = [
        (.zero, .seconds(45)), (.seconds(20), .seconds(25)), (.seconds(-40), .seconds(60)),
    ]

    @Test("a restart goes on with the window that was open", arguments: restarts)
    func restart(jump: Duration, rest: Duration) async throws {
        try await withLimitedFile { path, wall in
            let clock = ManualClock(wall: wall)
            clock.jumpWall(by: jump)
            let store = try await TemporaryStore.open(path, clock: clock)
            defer { store.close() }
            let claim = try await store.claim(Self.request)
            #expect(claim.jobs.isEmpty && claim.nextDue == rest)
            // As the settings do at every start.
            try await store.configure(queue: "default", .rateLimit(Self.limit))
            clock.advance(by: rest - .milliseconds(1))
            #expect(try await store.claim(Self.request).jobs.isEmpty)
            clock.advance(by: .milliseconds(1))
            #expect(try await store.claim(Self.request).jobs.count == 2)
            #expect(try await store.claim(Self.request).nextDue == .seconds(60))
        }
    }

    @Test("restarts without end allow no more than the window does")
    func manyRestarts() async throws {
        try await withLimitedFile { path, wall in
            for step in 0..<10 {
                let store = try await TemporaryStore.open(path, clock: ManualClock(wall: wall + Double(step)))
                defer { store.close() }
                #expect(try await store.claim(Self.request).jobs.isEmpty)
            }
        }
    }

    private static let limit = RateLimit(count: 2, per: .seconds(60))
    private static let request = ClaimRequest(worker: "w", types: ["work"], limit: 10, lease: .seconds(600))

    /// A file with ten jobs and a window that opened 15 seconds ago and is full, and the time it was closed.
    private func withLimitedFile(_ body: (String, Date) async throws -> Void) async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "errand.db").path()
            let clock = ManualClock()
            let store = try await TemporaryStore.open(path, clock: clock)
            try await store.configure(queue: "default", .rateLimit(Self.limit))
            _ = try await store.insert(Array(repeating: NewJob(type: "work"), count: 10), scope: .default)
            var one = Self.request
            one.limit = 1
            #expect(try await store.claim(one).jobs.count == 1)
            // What the wall clock did before the last claim is not carried over.
            clock.jumpWall(by: .seconds(-7200))
            #expect(try await store.claim(one).jobs.isEmpty)
            clock.jumpWall(by: .seconds(7300))
            clock.advance(by: .seconds(5))
            #expect(try await store.claim(one).jobs.count == 1)
            clock.advance(by: .seconds(10))
            store.close()
            try await body(path, clock.now().wall)
        }
    }
}
