import Errand
import GRDB
import Synchronization

/// Answers short questions that come at the same time with one look at the database.
///
/// To look costs a change of threads and a transaction, many times what finding one job does. A question that comes
/// alone is answered at once; those that come while others are being answered are answered together after them.
final class SharedReads: Sendable {
    /// Asks on a reading connection, or hears why there is none.
    typealias Question = @Sendable (Result<SQLiteReader, JobStoreError>) -> Void

    private struct State {
        var waiting: [Question] = []
        /// One look at a time: two would only take the processors away from those who ask.
        var isLooking = false
    }

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
            ask { reader in continuation.resume(returning: Self.answer(reader, body)) }
        }
        return try answer.get()
    }

    private static func answer<Value>(
        _ reader: Result<SQLiteReader, JobStoreError>,
        _ body: (SQLiteReader) throws(JobStoreError) -> Value
    ) -> Result<Value, JobStoreError> {
        do throws(JobStoreError) { return .success(try body(try reader.get())) } catch { return .failure(error) }
    }

    private func ask(_ question: @escaping Question) {
        let begins = state.withLock { state in
            state.waiting.append(question)
            defer { state.isLooking = true }
            return !state.isLooking
        }
        if begins { look() }
    }

    /// Looks for those who wait, on one connection for as long as there are more: to get one costs more than to answer.
    private func look() {
        pool.asyncUnsafeRead { [self] database in
            let reader = Result { SQLiteReader(database: try database.get(), leases: leases, time: clock.now()) }
                .mapError { JobStoreError(.unavailable, "The database cannot be read.", underlying: $0) }
            while let questions = next() { answer(questions, reader) }
        }
    }

    /// Those who wait now; nil ends the look.
    private func next() -> [Question]? {
        state.withLock { state in
            state.isLooking = !state.waiting.isEmpty
            defer { state.waiting = [] }
            return state.isLooking ? state.waiting : nil
        }
    }

    /// Answers in a transaction that begins now, so that each sees what was committed before it asked.
    private func answer(_ questions: [Question], _ reader: Result<SQLiteReader, JobStoreError>) {
        let reader = Self.answer(reader) { reader throws(JobStoreError) in try reader.beginning(at: clock.now()) }
        for question in questions { question(reader) }
        if case .success(let reader) = reader { reader.end() }
    }
}
