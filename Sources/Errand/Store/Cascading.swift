/// What the end of a job means for those that wait for it, until all of them are told: a durable record.
///
/// An end commits by itself. What follows of it goes on in steps of bounded size, in the process where the job ended
/// or, should that die, in whoever reaps next; decision 0026 has the reasons. A record holds as long as the job has not
/// been retried and none was made for a later end of it.
public struct Cascade: Sendable, Equatable {
    /// Records are followed in the order of these numbers.
    public var sequence: Int64
    /// The number of the job that ended.
    public var job: Int64
    /// Its id, which outlives its record.
    public var id: JobID
    /// Whether it was completed; otherwise those that wait for it are cancelled.
    public var isCompleted: Bool
    /// Those with a number up to this one are told.
    public var reached: Int64

    /// Creates a record.
    public init(sequence: Int64, job: Int64, id: JobID, isCompleted: Bool, reached: Int64 = 0) {
        (self.sequence, self.job, self.id) = (sequence, job, id)
        (self.isCompleted, self.reached) = (isCompleted, reached)
    }

    /// What each of those that wait is told.
    package var event: JobEvent { isCompleted ? .dependencyCompleted : .dependencyFailed(id) }

    /// Whether it still holds, as far as the job's own status decides that.
    ///
    /// - Parameter status: The job's; nil where its record is deleted.
    /// - Returns: False for a job that has been retried.
    package func holds(_ status: JobStatus?) -> Bool { status?.isTerminal ?? true }
}

/// How fast the ends of jobs are followed to those that wait for them.
public struct CascadePace: Sendable, Hashable {
    /// How many jobs one transaction tells at most, from 1 on.
    public var step: Int
    /// Whether the process goes on by itself while there are more; otherwise every reap does one step.
    package var goesOn = true

    /// Creates a pace.
    ///
    /// - Parameter step: How many jobs one transaction tells at most; at least 1.
    public init(step: Int = 250) { self.step = max(1, step) }
}

/// One of the jobs that a job names in `after`, and how the job stands to it.
public struct JobDependency: Sendable, Hashable {
    /// The job that is named.
    public var id: JobID
    /// Its status; nil where its record is deleted.
    public var status: JobStatus?
    /// Whether it is waited for.
    public var isWaitedFor: Bool

    /// Creates one.
    public init(id: JobID, status: JobStatus?, isWaitedFor: Bool) {
        (self.id, self.status, self.isWaitedFor) = (id, status, isWaitedFor)
    }

    /// Whether the job goes on although this one was not completed: it failed or was cancelled before a retry.
    public var isPassedOver: Bool { !isWaitedFor && status != .completed }
}
