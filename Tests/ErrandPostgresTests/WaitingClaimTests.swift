#if Postgres
import Errand
import Testing

@testable import ErrandPostgres

@Suite("A claim that waits for a submit", .timeLimit(.minutes(5)))
struct WaitingClaimTests {
    private static let request = ClaimRequest(worker: "w", types: ["work"], limit: 1, lease: .seconds(60))

    @Test("what a submit claimed is there at the end of the wait, once")
    func served() async {
        let waiting = WaitingClaim(Self.request)
        #expect(waiting.ride() && !waiting.ride())
        waiting.arrive(with: Claim(jobs: [], nextDue: .seconds(7)))
        waiting.arrive(with: nil)
        #expect(await waiting.end()?.nextDue == .seconds(7))
        #expect(await waiting.end() == nil && !waiting.ride())
    }

    @Test("a submit that claimed nothing leaves it waiting, and who ends the wait meanwhile hears of it")
    func unserved() async {
        let waiting = WaitingClaim(Self.request)
        #expect(waiting.ride())
        waiting.arrive(with: nil)
        #expect(waiting.ride())
        async let end = waiting.end()
        waiting.arrive(with: Claim(jobs: [], nextDue: .seconds(7)))
        #expect(await end?.nextDue == .seconds(7))
    }

    @Test("a submit serves a claim for its type and queue, where that is wanted")
    func rider() {
        let claims = WaitingClaims()
        let waiting = WaitingClaim(Self.request)
        claims.add(waiting)
        #expect(claims.rider(for: [NewJob(type: "other")]) { _ in true } == nil)
        #expect(claims.rider(for: [NewJob(type: "work")]) { _ in false } == nil)
        #expect(claims.rider(for: [NewJob(type: "work")]) { _ in true } === waiting)
        claims.remove(waiting)
        #expect(claims.rider(for: [NewJob(type: "work")]) { _ in true } == nil)
    }
}
#endif
