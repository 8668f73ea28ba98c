import FoundationEssentials

/// A run that was cancelled and may still be at work.
///
/// Until its worker says that it has stopped, or the time is over that runs of its type are given for that, it holds
/// the job's unique key, its place in the limits of queue and tenant, and the job's next attempt. The time is measured
/// from the cancel and never renewed: afterwards all of that is free, whatever the handler does.
public struct StoppingRun: Sendable, Hashable {
    /// The fence of the run, which its worker acknowledges the cancel under.
    public var fence: Int64
    /// When the time is over, on the store's steady clock.
    public var end: Duration

    /// Creates the mark.
    public init(fence: Int64, end: Duration) { (self.fence, self.end) = (fence, end) }
}

/// How long runs may take to stop once they were told to: by a cancel, or because their time was over.
public struct StoppingTimes: Sendable, Hashable {
    /// What is added to a type's grace: for the word to reach the worker, and the worker's to come back.
    public static let margin = Duration.seconds(5)
    /// No type is given longer.
    public static let limit = Duration.seconds(60)

    /// The grace of types that ``graces`` does not name; 30 seconds unless said otherwise.
    public var grace: Duration
    /// How long the handlers of a type may take to end by themselves, by the type's name.
    public var graces: [Name: Duration]

    /// Creates times.
    public init(grace: Duration = .seconds(30), graces: [Name: Duration] = [:]) {
        (self.grace, self.graces) = (grace, graces)
    }

    /// How long a run of a type may be stopping: its grace and ``margin``, at most ``limit``.
    public func time(of type: Name) -> Duration {
        min(max(.zero, graces[type] ?? grace) + Self.margin, Self.limit)
    }
}

extension Job {
    /// Whether a cancelled run may still be at work.
    ///
    /// - Parameter time: The store's, read for the operation that asks.
    /// - Returns: Whether there is such a run, and its time to stop is not over.
    public func isStopping(at time: StoreTime) -> Bool { stopping.map { $0.end > time.steady } ?? false }

    /// Forgets a run whose time to stop is over.
    package mutating func endStop(at time: StoreTime) {
        if !isStopping(at: time) { stopping = nil }
    }

    /// Whether a lease is that of a cancelled run whose worker has not said yet that it stopped.
    package func isCancelPending(for lease: JobLease) -> Bool {
        stopping?.fence == lease.fence || status == .cancelled && fence == lease.fence + 1 && leaseEnd != nil
    }
}

extension JobStoreError {
    /// Refuses what needs a unique key that a stopping run holds.
    ///
    /// - Parameters:
    ///   - holder: The run's job.
    ///   - stop: When the run's time is over.
    ///   - time: Now.
    ///   - pointer: What was given and needs the key.
    /// - Returns: `uniqueConflict`, with when to come back.
    package static func keyHeld(
        byStopOf holder: JobID,
        until stop: Duration,
        at time: StoreTime,
        pointer: String? = nil
    ) -> JobStoreError {
        let until = RFC3339.format(time.wall.later(by: max(.zero, stop - time.steady)))
        return JobStoreError(
            .uniqueConflict,
            "Job \(holder) was cancelled and its run is still stopping; it holds the unique key until the run has "
                + "stopped, at the latest until \(until).",
            pointer: pointer,
            currentStatus: .cancelled,
            retryAfter: max(.zero, stop - time.steady)
        )
    }
}
