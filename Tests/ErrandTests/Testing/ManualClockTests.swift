import Errand
import ErrandTesting
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ManualClockTests {
    @Test func `time stands still until it is moved`() {
        let clock = ManualClock()
        let start = clock.now()
        #expect(clock.now() == start)
        clock.advance(by: .milliseconds(1500))
        #expect(clock.now().wall.timeIntervalSince(start.wall) == 1.5)
        #expect(clock.now().steady == start.steady + .milliseconds(1500))
        clock.jumpWall(by: .seconds(-60))
        #expect(clock.now().wall.timeIntervalSince(start.wall) == -58.5)
        #expect(clock.now().steady == start.steady + .milliseconds(1500))
    }

    @Test func `a sleeper wakes when its time has come, and no sooner`() async throws {
        let clock = ManualClock()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [2, 1] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(1))
            let first = try await group.next()
            #expect(first == 1)
            clock.advance(by: .seconds(1))
            let second = try await group.next()
            #expect(second == 2)
        }
    }

    @Test func `a cancelled sleeper throws at once`() async {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
        await clock.sleepers(atLeast: 1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test func `the same seed gives the same numbers`() {
        var (one, other) = (SeededRandom(seed: 0), SeededRandom(seed: 0))
        #expect(one.next() == 0xE220_A839_7B1D_CDAF)
        _ = other.next()
        #expect((0..<100).allSatisfy { _ in one.next() == other.next() })
    }
}
