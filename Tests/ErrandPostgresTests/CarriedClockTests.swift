#if Postgres
import Testing

@testable import ErrandPostgres

@Suite("The server's clock, carried on", .timeLimit(.minutes(5)))
struct CarriedClockTests {
    @Test("an answer that a sleeping process took long to read is not gone by, unless there is none better")
    func slowAnswers() throws {
        let clock = ServerClock()
        let asked = ContinuousClock.now - .seconds(2)
        clock.note(1_000_000, asked: asked)
        #expect(clock.now == nil && clock.wantsReading)
        clock.note(5_000_000, asked: .now)
        clock.note(1_000_000, asked: asked)
        #expect(try #require(clock.now) >= 5_000_000)
        clock.note(1_000_000, asked: asked, always: true)
        #expect(try #require(clock.now) < 5_000_000)
    }
}
#endif
