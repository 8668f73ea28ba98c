#if Postgres
import CPostgres
import Errand
// poll: an answer is waited for with a limit, which libpq's own waiting does not have.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PostgresConnection {
    /// When an answer to what is sent now is given up; never when nil.
    var deadline: ContinuousClock.Instant? { answerLimit.map { ContinuousClock.now + $0 } }

    /// Waits until the server has answered what was sent.
    ///
    /// - Returns: The last result, as of several statements only the last one's counts; the caller frees it.
    /// - Throws: When the limit is over, or the connection ends before the server has said that it is done: a result
    ///   alone does not mean that it was committed. The connection is lost then.
    func answer() throws(JobStoreError) -> OpaquePointer? {
        let deadline = deadline
        var last: OpaquePointer?
        do throws(JobStoreError) {
            while let result = try nextResult(until: deadline) {
                PQclear(last)
                last = result
                // What says why comes again and again.
                if PQresultStatus(result) == PGRES_FATAL_ERROR, PQstatus(handle) != CONNECTION_OK { return last }
            }
            if PQstatus(handle) != CONNECTION_OK { throw lost() }
        } catch {
            PQclear(last)
            throw error
        }
        if address.pooler != .none { forgetNotifications() }
        return last
    }

    /// The connection is of no more use.
    func lost() -> JobStoreError {
        isLost = true
        return JobStoreError(PostgresError(PostgresError.connectionMessage(handle)))
    }

    /// Whether the server has ended the connection while nobody asked anything; costs a look at the socket.
    var isOver: Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        // What a server says unasked is little, and followed by the end of the connection where that is what it says.
        while poll(&descriptor, 1, 0) > 0 {
            guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else { return true }
            forgetNotifications()
        }
        return false
    }

    /// Sends what is buffered, and waits for a result; nil at the end of a statement's results.
    func nextResult(until deadline: ContinuousClock.Instant?) throws(JobStoreError) -> OpaquePointer? {
        do throws(PostgresError) {
            try flush(until: deadline)
            try receive(until: deadline)
        } catch {
            isLost = true
            throw JobStoreError(error)
        }
        return PQgetResult(handle)
    }

    /// Reads until a result is whole, or the connection is at its end and the result says so.
    private func receive(until deadline: ContinuousClock.Instant?) throws(PostgresError) {
        while PQisBusy(handle) == 1 {
            try wait(for: POLLIN, until: deadline)
            guard PQconsumeInput(handle) == 1 else { return }
        }
    }

    private func flush(until deadline: ContinuousClock.Instant?) throws(PostgresError) {
        // Below zero the connection is broken, which the answer will say.
        while PQflush(handle) == 1 {
            try wait(for: POLLIN | POLLOUT, until: deadline)
            // A server that has much to say must be let, or it will not listen.
            guard PQconsumeInput(handle) == 1 else { return }
        }
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant?) throws(PostgresError) {
        var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
        while true {
            var milliseconds: Int32 = -1
            if let deadline {
                let left = ContinuousClock.now.duration(to: deadline)
                guard left > .zero else { throw PostgresError(silence) }
                milliseconds = Int32(clamping: left.wholeMilliseconds + 1)
            }
            let count = poll(&descriptor, 1, milliseconds)
            if count > 0 || (count < 0 && errno != EINTR) { return }
        }
    }

    private var silence: String { "no answer came within \(answerLimit ?? .zero); the connection is given up" }

    /// A pooler may pass on what is meant for somebody who listened on the same server connection.
    func forgetNotifications() {
        while let notification = PQnotifies(handle) { PQfreemem(notification) }
    }
}
#endif
