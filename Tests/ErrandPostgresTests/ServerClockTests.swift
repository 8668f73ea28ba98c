#if Postgres
import Errand
import ErrandTesting
import Synchronization
import Testing

@testable import ErrandPostgres

/// Every check once more on the server's clock, which goes on by itself; one at a time, so that it does not go far.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ServerClockTests {
    @Test("PostgreSQL, on the server's clock", arguments: JobStoreCheck.all)
    func everything(_ check: JobStoreCheck) async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            try await check.run(store.underTest)
        }
    }
}

extension PostgresJobStore {
    /// The store with its server's clock moved by an offset, as nobody may set a server's clock.
    fileprivate var underTest: JobStoreUnderTest {
        JobStoreUnderTest(
            self,
            tolerance: .seconds(3),
            now: { try await self.read { session in session.time.wall } },
            advance: { duration in
                self.context.clockOffset.withLock { $0 = ($0.wall + duration, $0.steady + duration) }
            },
            jumpWall: { duration in self.context.clockOffset.withLock { $0.wall += duration } }
        )
    }
}
#endif
