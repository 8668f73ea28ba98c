#if Postgres
import Errand
import Logging
import Metrics
import Synchronization

/// Whether the server gives a pool fewer connections than it wants, and who is told of it.
final class ConnectionShortage: Sendable {
    /// A shortage of which nothing was heard for so long is over: nobody wanted another connection.
    private static let lifetime = Duration.seconds(60)

    private let limit: Int
    private let patience: Duration
    private let logger: Logger
    private let lastRefusal = Mutex<ContinuousClock.Instant?>(nil)
    private let lastLine = Mutex<ContinuousClock.Instant?>(nil)

    init(limit: Int, patience: Duration, logger: Logger) {
        (self.limit, self.patience, self.logger) = (limit, patience, logger)
    }

    /// Whether a connection was refused within the last minute, and none was given since.
    var isShort: Bool { Self.isRecent(lastRefusal.withLock { $0 }) }

    private static func isRecent(_ refusal: ContinuousClock.Instant?) -> Bool {
        refusal.map { $0.duration(to: .now) < lifetime } ?? false
    }

    /// A connection was refused, and what needed it waits; said once a minute.
    func refused(_ error: JobStoreError, open: Int) {
        Counter(label: "errand_store_connections_refused_total").increment()
        lastRefusal.withLock { $0 = .now }
        // While there are fewer than wanted some are given and others refused: a line a minute is enough.
        let isDue = lastLine.withLock { line -> Bool in
            guard !Self.isRecent(line) else { return false }
            line = .now
            return true
        }
        guard isDue else { return }
        logger.warning(
            """
            PostgreSQL gives no more connections; requests wait for those there are, or for \(patience) where there \
            are none: \(error)
            """,
            metadata: ["open": "\(open)", "wanted": "\(limit)"]
        )
    }

    /// A connection was made.
    func connected(_ open: Int) {
        record(open)
        lastRefusal.withLock { $0 = nil }
    }

    /// A connection was lost.
    func lost(_ open: Int) { record(open) }

    private func record(_ open: Int) { Gauge(label: "errand_store_connections").record(open) }
}

extension PostgresJobStore {
    /// Whether the server refuses connections that the store wants: its requests wait for those it has.
    public var isShortOfConnections: Bool { pool.shortage.isShort }
}
#endif
