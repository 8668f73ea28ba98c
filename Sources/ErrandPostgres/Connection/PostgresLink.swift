#if Postgres
import Errand

/// A thread's way to the server: its connection, made when it is needed and again when it was lost.
final class PostgresLink {
    private let address: PostgresAddress
    private var current: PostgresConnection?
    private var failures = 0
    private var nextAttempt = ContinuousClock.now
    private var lastError = JobStoreError(.unavailable, "PostgreSQL cannot be reached.")

    init(_ address: PostgresAddress) { self.address = address }

    /// The connection; asks the server for a new one where there is none.
    ///
    /// After a failure the next attempts, for a random part of up to a second, fail at once: a server that comes
    /// back is not met by all its clients at the same moment.
    func connection() throws(JobStoreError) -> PostgresConnection {
        if let current, !current.isLost { return current }
        current = nil
        guard nextAttempt <= .now else { throw lastError }
        do throws(JobStoreError) {
            let connection = try PostgresConnection(address)
            (current, failures) = (connection, 0)
            return connection
        } catch {
            failures += 1
            lastError = error
            nextAttempt = .now + .milliseconds(Int.random(in: 0...min(1000, 50 << min(failures, 10))))
            throw error
        }
    }

    /// Gives the connection up, as something is wrong with it.
    func drop() { current = nil }

    func close() { current = nil }
}
#endif
