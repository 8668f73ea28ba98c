/// The job that does something to all jobs of a filter: the type `errand.bulk`.
///
/// It is made by the server when somebody has confirmed how many jobs it means; nobody submits it, and workers
/// elsewhere do not get it. Each process that runs jobs wants its handler:
///
/// ```swift
/// BulkJob.register(on: &handlers, store: store)
/// ```
///
/// It sees what its own tenant and, where it has one, its project see. Only jobs that were stored before it are meant,
/// so it never meets itself, and it ends.
public struct BulkJob: Sendable, Hashable, Decodable {
    /// The type, and the queue it waits in: one of its own, so that it does not wait behind the jobs it is about.
    public static let type = JobType("errand.bulk", queue: "errand.bulk", maxAttempts: 25)

    /// What to do.
    public var action: BulkAction
    /// To which jobs.
    public var filter: JobFilter
    /// How many they were when somebody confirmed it; for the progress.
    public var expected: Int

    /// Describes a bulk job.
    ///
    /// - Parameters:
    ///   - action: What to do.
    ///   - filter: To which jobs.
    ///   - expected: How many there seem to be.
    public init(_ action: BulkAction, of filter: JobFilter, expected: Int) {
        (self.action, self.filter, self.expected) = (action, action.applicable(in: filter), expected)
    }

    /// The job to store; the same for the same bulk job, so that a repetition is known by it.
    public func newJob() -> NewJob {
        var job = Self.type.job(payload: payload)
        job.projectId = filter.projectId
        // People wait for it.
        job.priority = -100
        return job
    }

    private var payload: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("action") { action.write(to: &$0) }
            writer.member("filter") { filter.write(to: &$0) }
            writer.member("expected", expected)
        }
        return writer.text
    }

    /// Registers the handler.
    ///
    /// - Parameters:
    ///   - handlers: Those of the process.
    ///   - store: Where the jobs are that it is about.
    public static func register(on handlers: inout JobHandlers, store: any JobStore) {
        handlers.register(own: type) { context in
            try await BulkRun(bulk: context.decodePayload(), store: store, context: context).run()
        }
    }
}

extension BulkAction {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("kind", kind.rawValue)
            writer.memberIfPresent("reason", reason)
            writer.memberIfPresent("runAt", runAt?.date)
        }
    }
}

extension JobFilter {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for (name, words) in [
                ("statuses", statuses.map { $0.map(\.rawValue) }), ("types", types.map { $0.map(\.text) }),
            ] {
                guard let words else { continue }
                writer.member(name) { writer in
                    writer.array { writer in for word in words.map({ Name($0) }).sorted() { writer.value(word.text) } }
                }
            }
            for (name, text) in [
                ("projectId", projectId?.text), ("queue", queue?.text), ("tag", tag), ("createdBy", createdBy),
                ("search", search),
            ] {
                writer.memberIfPresent(name, text)
            }
            writer.memberIfPresent("createdAfter", createdAfter?.date)
            writer.memberIfPresent("createdBefore", createdBefore?.date)
        }
    }
}
