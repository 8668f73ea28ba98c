import Errand
import FoundationEssentials

extension SQLiteSession {
    func configure(_ queue: String, _ change: QueueChange) throws(JobStoreError) {
        var settings = memory.queues[queue] ?? QueueSettings()
        switch change {
        case .pause(let by, let reason):
            settings.pause = settings.pause ?? QueueState.Pause(since: time.wall, by: by, reason: reason)
        case .resume: settings.pause = nil
        case .concurrency(let limit): settings.concurrency = limit
        }
        onUndo(.queue(queue, memory.queues[queue]))
        memory.queues[queue] = settings
        let row = try sql("INSERT OR REPLACE INTO queues VALUES (?, ?, ?, ?, ?)")
        row.bind(1, queue)
        row.bind(2, settings.pause?.since.milliseconds)
        row.bind(3, settings.pause?.by)
        row.bind(4, settings.pause?.reason)
        row.bind(5, settings.concurrency.map { Int64($0) })
        try row.run()
        if interest.contains(.wakeUps) { changes.queues.insert(queue) }
    }
}

extension QueueSettings {
    /// Reads name, paused_since, paused_by, pause_reason, concurrency.
    init(row: SQLStatement) {
        concurrency = row.optionalInt(4).map { Int($0) }
        guard let since = row.optionalInt(1) else { return }
        pause = QueueState.Pause(
            since: Date(milliseconds: since),
            by: row.optionalText(2),
            reason: row.optionalText(3)
        )
    }
}
