#if Postgres
import Errand
#if canImport(Glibc)
import Glibc  // poll, which sleeps on a thread that nothing else needs.
#elseif canImport(Musl)
import Musl  // The same.
#else
import Darwin  // The same.
#endif

/// A thread's way to the server: its connection, made when it is needed and again when it was lost.
final class PostgresLink {
    private let address: PostgresAddress
    private var current: PostgresConnection?
    private var failures = 0
    private var nextAttempt = ContinuousClock.now
    private var lastError = JobStoreError(.unavailable, "PostgreSQL cannot be reached.")
    /// Answers over connections that are gone.
    private var pastAnswers = 0
    private var answersBefore = 0
    /// Whether what cannot be done for want of a connection is to be given up, and not put back.
    var isLastTry = false

    init(_ address: PostgresAddress) { self.address = address }

    /// Whether there is a connection that is not known to be lost.
    var isConnected: Bool { current?.isLost == false }

    /// Whether there is a connection, and the server has not ended it while nobody looked.
    var isUsable: Bool {
        if let current, !current.isLost, !current.isOver { return true }
        drop()
        return false
    }

    /// The connection; asks the server for a new one where there is none.
    ///
    /// After a failure the next attempts, for a random part of up to a second, fail at once: a server that comes
    /// back is not met by all its clients at the same moment.
    func connection() throws(JobStoreError) -> PostgresConnection {
        if let current, !current.isLost { return current }
        drop()
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

    /// Begins to watch whether anything is done.
    func mark() { answersBefore = answers }

    /// Whether the server has answered nothing since ``mark()``: what was asked can be asked again.
    var hasDoneNothing: Bool { answers == answersBefore }

    private var answers: Int { pastAnswers + (current?.answers ?? 0) }

    /// Gives the connection up, as something is wrong with it.
    func drop() {
        pastAnswers += current?.answers ?? 0
        current = nil
    }

    func close() { drop() }

    /// Has the thread sleep.
    func pause(_ duration: Duration) {
        guard duration > .zero else { return }
        _ = poll(nil, 0, Int32(clamping: duration.wholeMilliseconds))
    }
}
#endif
