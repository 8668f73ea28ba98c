package import FoundationEssentials

/// What is kept of a queue's settings: what holds, and where it comes from; changed alike by all stores.
package struct QueueRecord: Sendable, Hashable {
    /// Set while no job of it may be claimed.
    package var pause: QueueState.Pause?
    /// The limit that holds.
    package var concurrency: Int?
    /// The limit that holds.
    package var rateLimit: RateLimit?
    /// What people set beside the configuration.
    package var overrides: QueueOverrides

    package init(
        pause: QueueState.Pause? = nil,
        concurrency: Int? = nil,
        rateLimit: RateLimit? = nil,
        overrides: QueueOverrides? = nil
    ) {
        (self.pause, self.concurrency, self.rateLimit) = (pause, concurrency, rateLimit)
        self.overrides = overrides ?? QueueOverrides(configured: concurrency, rateLimit)
    }

    /// Takes a change over; the revision grows where it changes anything.
    package mutating func apply(_ change: QueueChange, at now: Date) {
        let before = self
        switch change {
        case .pause(let by, let reason): pause = pause ?? QueueState.Pause(since: now, by: by, reason: reason)
        case .resume: pause = nil
        case .concurrency(let limit): overrides.configuredConcurrency = limit
        case .rateLimit(let limit): overrides.configuredRateLimit = limit
        case .overrideConcurrency(let limit):
            overrides.hasConcurrency = limit != nil
            concurrency = limit
        case .overrideRateLimit(let limit):
            overrides.hasRateLimit = limit != nil
            rateLimit = limit
        }
        if !overrides.hasConcurrency { concurrency = overrides.configuredConcurrency }
        if !overrides.hasRateLimit { rateLimit = overrides.configuredRateLimit }
        if self != before { overrides.rev += 1 }
    }
}

/// Which limits of a queue people set in the place of the configured ones, and those, to go back to.
package struct QueueOverrides: Sendable, Hashable {
    /// Grows with every change of the queue's settings.
    package var rev: Int64 = 0
    package var hasConcurrency = false
    package var hasRateLimit = false
    package var configuredConcurrency: Int?
    package var configuredRateLimit: RateLimit?

    /// Of a queue that nobody has set anything of beside the configuration.
    package init(configured concurrency: Int?, _ rateLimit: RateLimit?) {
        (configuredConcurrency, configuredRateLimit) = (concurrency, rateLimit)
    }
}

extension QueueState {
    /// The settings of a queue as its readers see them.
    package init(name: Name, _ record: QueueRecord) {
        self.init(name: name, pause: record.pause, concurrency: record.concurrency, rateLimit: record.rateLimit)
        note(record.overrides)
    }

    /// Adds what was set beside the configuration.
    package mutating func note(_ overrides: QueueOverrides) {
        rev = overrides.rev
        (overridesConcurrency, overridesRateLimit) = (overrides.hasConcurrency, overrides.hasRateLimit)
    }
}

extension JobStoreError {
    /// There is no such queue to be forgotten.
    package static func noQueue(_ queue: Name) -> JobStoreError {
        JobStoreError(.notFound, "There is no queue \"\(queue)\": it has neither jobs nor settings.")
    }

    /// The queue cannot be forgotten.
    package static func queueInUse(_ queue: Name, jobs: Int) -> JobStoreError {
        JobStoreError(.conflict, "The queue \"\(queue)\" has \(jobs) jobs; ended ones go with their records.")
    }

    /// Refuses a change that was meant for another revision of a queue's settings.
    package static func check(_ revisions: Set<Int64>?, include rev: Int64, ofQueue queue: Name) throws(JobStoreError) {
        guard let revisions, !revisions.contains(rev) else { return }
        throw JobStoreError(
            .outdated,
            "The queue \"\(queue)\" is at revision \(rev), and the change was meant for another; read it again."
        )
    }
}
