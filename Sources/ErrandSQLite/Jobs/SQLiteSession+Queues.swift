import Errand
import FoundationEssentials

extension SQLiteSession {
    func configure(_ queue: Name, _ queueChanges: [QueueChange], ifRev: Set<Int64>?) throws(JobStoreError) {
        var settings = memory.queues[queue] ?? QueueSettings()
        var record = QueueRecord(
            pause: settings.pause,
            concurrency: settings.concurrency,
            rateLimit: memory.rates[queue]?.limit,
            overrides: settings.overrides
        )
        try JobStoreError.check(ifRev, include: record.overrides.rev, ofQueue: queue)
        for change in queueChanges { record.apply(change, at: time.wall) }
        settings = QueueSettings(pause: record.pause, concurrency: record.concurrency, overrides: record.overrides)
        setRate(queue, record.rateLimit.map { limit in rateWindow(limit, of: queue) })
        onUndo(.queue(queue, memory.queues[queue]))
        memory.queues[queue] = settings
        try write(queue)
        try write(record.overrides, of: queue)
        if interest.contains(.wakeUps) { changes.queues.insert(queue) }
    }

    func delete(queue: Name) throws(JobStoreError) {
        let jobs = try jobs(in: queue)
        guard jobs == 0 else { throw .queueInUse(queue, jobs: jobs) }
        guard let settings = memory.queues[queue] else { throw .noQueue(queue) }
        onUndo(.queue(queue, settings))
        memory.queues[queue] = nil
        setRate(queue, nil)
        for text: StaticSQL in ["DELETE FROM queues WHERE name = ?", "DELETE FROM queue_overrides WHERE name = ?"] {
            let delete = try sql(text)
            delete.bind(1, queue)
            try delete.run()
        }
        if interest.contains(.wakeUps) { changes.queues.insert(queue) }
    }

    /// How many jobs a queue has, ended ones too: what is counted on the disk, and what this transaction adds.
    private func jobs(in queue: Name) throws(JobStoreError) -> Int {
        let counted = try sql(
            """
            SELECT coalesce(sum(c.queued + c.running + c.completed + c.failed + c.cancelled), 0)
            FROM job_counts c JOIN lanes l ON l.lane = c.lane WHERE l.queue = ?
            """
        )
        counted.bind(1, queue)
        let stored = Int(try counted.firstInt() ?? 0)
        return memory.pendingCounts.reduce(stored) { sum, count in
            sum + (memory.lanes[count.key.lane].key.queue == queue ? count.value.total : 0)
        }
    }

    /// A changed limit holds for the window under way.
    private func rateWindow(_ limit: RateLimit, of queue: Name) -> RateWindow {
        guard var window = memory.rates[queue] else { return RateWindow(limit) }
        window.limit = limit
        return window
    }

    func write(_ overrides: QueueOverrides, of queue: Name) throws(JobStoreError) {
        let row = try sql("INSERT OR REPLACE INTO queue_overrides VALUES (?, ?, ?, ?, ?, ?, ?)")
        row.bind(1, queue)
        row.bind(2, overrides.rev)
        row.bind(3, overrides.hasConcurrency ? 1 : 0)
        row.bind(4, overrides.hasRateLimit ? 1 : 0)
        row.bind(5, overrides.configuredConcurrency.map { Int64($0) })
        row.bind(6, overrides.configuredRateLimit.map { Int64($0.count) })
        row.bind(7, overrides.configuredRateLimit?.per.wholeMilliseconds)
        try row.run()
    }

    private func write(_ queue: Name) throws(JobStoreError) {
        let (settings, window) = (memory.queues[queue], memory.rates[queue])
        let row = try sql("INSERT OR REPLACE INTO queues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        row.bind(1, queue)
        row.bind(2, settings?.pause?.since.milliseconds)
        row.bind(3, settings?.pause?.by)
        row.bind(4, settings?.pause?.reason)
        row.bind(5, settings?.concurrency.map { Int64($0) })
        row.bind(6, window.map { Int64($0.limit.count) })
        row.bind(7, window?.limit.per.wholeMilliseconds)
        row.bind(8, window?.opened.map { now - (time.steady - $0).wholeMilliseconds })
        row.bind(9, window.map { Int64($0.claimed) })
        try row.run()
    }

    // MARK: Rate limits

    /// Counts what was claimed of a queue against its rate limit, if it has one.
    func countClaimed(_ jobs: Int, of queue: Name) throws(JobStoreError) {
        guard var window = memory.rates[queue] else { return }
        window.count(jobs, at: time.steady)
        setRate(queue, window)
        try write(queue)
    }

    /// The window that a row tells of, when the database was opened.
    ///
    /// The steady clock of the process before is void, so the wall clock says how long ago the window opened. Where it
    /// was set back meanwhile, the window lasts its whole time from now.
    func rateWindow(_ row: SQLStatement) -> RateWindow? {
        guard let limit = RateLimit(row: row) else { return nil }
        let opened = row.optionalInt(7).map { time.steady - .milliseconds(max(0, now.saturatingDifference($0))) }
        return RateWindow(limit, opened: opened, claimed: Int(row.optionalInt(8) ?? 0))
    }

    /// How long until the first window ends of those that hold back what nothing else does.
    func nextWindow(for request: ClaimRequest) -> Duration? {
        memory.rates.compactMap { queue, window in
            guard let wait = window.wait(at: time.steady), memory.queues[queue]?.pause == nil,
                roomToRun(in: queue) != 0, hasClaimable(in: queue, for: request)
            else { return nil }
            return wait
        }
        .min()
    }

    private func hasClaimable(in queue: Name, for request: ClaimRequest) -> Bool {
        memory.readyLanes.contains { lane in
            let key = memory.lanes[lane].key
            return key.queue == queue && request.wants(key)
        }
    }
}

extension StaticSQL {
    static let readQueues: StaticSQL = """
        SELECT name, paused_since, paused_by, pause_reason, concurrency, rate_count, rate_per, window_opened,
            window_claimed FROM queues
        """
    static let readQueueOverrides: StaticSQL = """
        SELECT name, rev, has_concurrency, has_rate, configured_concurrency, configured_rate_count, configured_rate_per
        FROM queue_overrides
        """
}

extension QueueOverrides {
    /// Reads what ``StaticSQL/readQueueOverrides`` selects, behind the name.
    init(row: SQLStatement, from place: CInt = 1) {
        self.init(configured: row.optionalInt(place + 3).map { Int($0) }, RateLimit(row: row, from: place + 4))
        rev = row.int(place)
        (hasConcurrency, hasRateLimit) = (row.int(place + 1) != 0, row.int(place + 2) != 0)
    }
}

extension RateLimit {
    /// Reads what ``StaticSQL/readQueues`` selects; nil where the queue has no such limit.
    init?(row: SQLStatement, from place: CInt = 5) {
        guard let count = row.optionalInt(place), let per = row.optionalInt(place + 1) else { return nil }
        self.init(count: Int(count), per: .milliseconds(per))
    }
}

extension QueueSettings {
    /// Reads what ``StaticSQL/readQueues`` selects.
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
