import Errand
import GRDB
import Synchronization

/// Answers short questions that come at the same time with one look at the database.
///
/// To look costs a change of threads and a transaction, many times what finding one job does. A question that comes
/// alone is answered at once; those that come while others are being answered wait for the next look together.
final class SharedReads: Sendable {
    /// Asks on a reading connection, or hears why there is none.
    typealias Question = @Sendable (Result<SQLiteReader, JobStoreError>) -> Void

    private struct State {
        var waiting: [Question] = []
        var looks = 0
    }

    /// While one look is under way another may begin.
    private static let looksAtOnce = 2

    private let state = Mutex(State())
    private let pool: DatabasePool
    private let leases: LeaseTable
    private let clock: any JobClock

    init(pool: DatabasePool, leases: LeaseTable, clock: any JobClock) {
        self.pool = pool
        self.leases = leases
        self.clock = clock
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteReader) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let answer: Result<Value, JobStoreError> = await withUnsafeContinuation { continuation in
            ask { reader in continuation.resume(returning: reader.flatMap { Self.answer($0, body) }) }
        }
        return try answer.get()
    }

    private static func answer<Value>(
        _ reader: SQLiteReader,
        _ body: (SQLiteReader) throws(JobStoreError) -> Value
    ) -> Result<Value, JobStoreError> {
        do throws(JobStoreError) { return .success(try body(reader)) } catch { return .failure(error) }
    }

    private func ask(_ question: @escaping Question) {
        let begins = state.withLock { state in
            state.waiting.append(question)
            guard state.looks < Self.looksAtOnce else { return false }
            state.looks += 1
            return true
        }
        if begins { look() }
    }

    /// Looks for those who wait, and goes on while there are more.
    private func look() {
        // Taken before the transaction begins, so that each sees what was committed before it asked.
        let questions = state.withLock { state in
            if state.waiting.isEmpty { state.looks -= 1 }
            defer { state.waiting = [] }
            return state.waiting
        }
        guard !questions.isEmpty else { return }
        pool.asyncRead { [self] database in
            let reader = Result { try database.get() }
                .map { SQLiteReader(database: $0, leases: leases, time: clock.now()) }
                .mapError { JobStoreError(.unavailable, "The database cannot be read.", underlying: $0) }
            for question in questions { question(reader) }
            look()
        }
    }
}
