import Errand
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RateWindowTests {
    private let limit = RateLimit(count: 3, per: .seconds(10))

    @Test func `there is room for all until the first claim, which opens the window`() {
        var window = RateWindow(limit)
        #expect(window.room(at: .seconds(100)) == 3 && window.wait(at: .seconds(100)) == nil)
        window.count(2, at: .seconds(100))
        #expect(window.opened == .seconds(100) && window.room(at: .seconds(109)) == 1)
        window.count(1, at: .seconds(104))
        #expect(window.opened == .seconds(100) && window.room(at: .seconds(104)) == 0)
        #expect(window.wait(at: .seconds(104)) == .seconds(6))
    }

    @Test func `a window is over after its time to the nanosecond, and the next claim opens another`() {
        var window = RateWindow(limit, opened: .seconds(5), claimed: 3)
        #expect(window.wait(at: .seconds(15) - .nanoseconds(1)) == .nanoseconds(1))
        #expect(window.room(at: .seconds(15)) == 3 && window.wait(at: .seconds(15)) == nil)
        window.count(0, at: .seconds(15))
        #expect(window.opened == .seconds(5))
        window.count(1, at: .seconds(20))
        #expect(window.opened == .seconds(20) && window.claimed == 1)
    }

    @Test func `a clock read before the window opened counts in it`() {
        var window = RateWindow(limit, opened: .seconds(50), claimed: 2)
        #expect(window.room(at: .seconds(49)) == 1)
        window.count(1, at: .seconds(49))
        #expect(window.opened == .seconds(50) && window.wait(at: .seconds(49)) == .seconds(10))
    }

    @Test func `a smaller limit leaves no room, and a shorter window is over sooner`() {
        var window = RateWindow(limit, opened: .zero, claimed: 3)
        window.limit = RateLimit(count: 1, per: .seconds(10))
        #expect(window.room(at: .seconds(4)) == 0)
        window.limit = RateLimit(count: 1, per: .seconds(4))
        #expect(window.room(at: .seconds(4)) == 1)
    }
}
