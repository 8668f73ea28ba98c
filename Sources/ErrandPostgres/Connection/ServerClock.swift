#if Postgres
import Errand
import FoundationEssentials
import Synchronization

/// The server's clock, as it was last read and carried on by this machine's.
///
/// A reading is taken along with other statements, so that knowing the time costs no round trip of its own. It counts
/// from when the answer arrived, so that it is never ahead of the server's clock: a lease ends too early rather than
/// too late, by the time an answer takes.
final class ServerClock: Sendable {
    private struct Reading {
        let microseconds: Int64
        let at: ContinuousClock.Instant
    }

    static let read = PostgresStatement("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")

    /// A reading that is older than this is taken again along with the next statement.
    private static let renewedAfter = Duration.milliseconds(500)
    /// A reading that is older than this is not used, as the server's clock may have been set.
    private static let validFor = Duration.seconds(5)
    /// An answer that took longer than this was waited for by a process that slept, or behind another statement: who
    /// went by it would be behind the server by as long as it keeps the reading.
    private static let longestAnswer = Duration.milliseconds(300)

    private let reading = Mutex<Reading?>(nil)

    /// Whether the next statements should take a reading along.
    var wantsReading: Bool { age.map { $0 > Self.renewedAfter } ?? true }

    private var age: Duration? { reading.withLock { $0.map { $0.at.duration(to: .now) } } }

    /// Microseconds since 1970; nil where a reading must be taken first.
    var now: Int64? {
        reading.withLock { reading in
            guard let reading else { return nil }
            let age = reading.at.duration(to: .now)
            return age > Self.validFor ? nil : reading.microseconds + age.wholeMicroseconds
        }
    }

    /// Keeps what the server has just answered, unless it may have said so long ago.
    ///
    /// - Parameters:
    ///   - rows: The answer to ``read``.
    ///   - asked: When the question was sent.
    ///   - always: Also takes an answer that took long, as there is none better.
    /// - Throws: `corrupt` for an answer that is none.
    func note(_ rows: PostgresRows, asked: ContinuousClock.Instant, always: Bool = false) throws(JobStoreError) {
        let answer = try rows.first { (row) throws(JobStoreError) in row.int() }
        guard let answer else { return }
        note(answer, asked: asked, always: always)
    }

    /// Keeps what the server answered, in microseconds since 1970.
    func note(_ microseconds: Int64, asked: ContinuousClock.Instant, always: Bool = false) {
        let now = ContinuousClock.now
        guard always || asked.duration(to: now) <= Self.longestAnswer else { return }
        reading.withLock { $0 = Reading(microseconds: microseconds, at: now) }
    }
}
#endif
