#if Server
import Errand
import FoundationEssentials

/// Why a job does not run: everything that stands in its way now, not only the first.
struct JobExplanation {
    struct Reason: Equatable {
        /// A word for a program.
        var code: String
        /// A sentence for a person.
        var detail: String
        /// Since when, where that is known.
        var since: Date?
    }

    static let schema = Schema.object([
        "runnable": Schema.boolean.about("Whether nothing but its turn is missing."),
        "reasons": .array(.object(["code": .text, "detail": .text, "since": .time.optional])),
        "dependencies": Schema.array(
            .object([
                "id": .uuid,
                "status": Schema.status.about("The job's status; absent where its record is deleted.").optional,
                "standing": Schema.words(["waited-for", "completed", "passed-over"]).about(
                    "passed-over: it failed, was cancelled or was deleted before a retry, and is not waited for."
                ),
            ])
        ).about("The jobs in after, in their order, and how the job stands to each."),
    ]).named("Explanation")

    private(set) var reasons: [Reason] = []
    private let job: Job
    private let dependencies: [JobDependency]
    private let now: Date

    /// Explains a job.
    ///
    /// - Parameters:
    ///   - job: As it is stored.
    ///   - dependencies: The jobs it names in `after`.
    ///   - queue: Its queue over all tenants, whose limits they share.
    ///   - tenant: How many jobs of its tenant run, and how many may; nil where that is not limited.
    ///   - workers: All that announced themselves.
    ///   - now: The time.
    init(
        _ job: Job,
        dependencies: [JobDependency] = [],
        queue: QueueState?,
        tenant: (running: Int, limit: Int)? = nil,
        workers: [LiveWorker],
        now: Date
    ) {
        self.job = job
        self.dependencies = dependencies
        self.now = now
        switch job.status {
        case .completed, .failed, .cancelled:
            note("ended", "The job is \(job.status.rawValue): it ended.", since: job.completedAt)
        case .running:
            let who = job.workerId.map { " on \($0)" } ?? ""
            note("running", "The job runs already\(who).", since: job.startedAt)
        case .queued:
            explainWaiting(queue)
            guard job.tracking == nil else { return }
            if let tenant, tenant.running >= tenant.limit {
                note("tenant-full", "\(tenant.running) jobs of the tenant run, and its limit is \(tenant.limit).")
            }
            explainWorkers(workers)
        }
    }

    /// Whether nothing but its turn is missing.
    var isRunnable: Bool { reasons.isEmpty }

    private mutating func note(_ code: String, _ detail: String, since: Date? = nil) {
        reasons.append(Reason(code: code, detail: detail, since: since))
    }

    private mutating func explainWaiting(_ queue: QueueState?) {
        guard job.tracking == nil else {
            return note("tracked", "The job is tracked: whoever submitted it says when it runs, no worker does.")
        }
        if job.runAt > now {
            let isRetry = job.attempt > 0
            let time = RFC3339.format(job.runAt)
            note(
                isRetry ? "retrying" : "scheduled",
                isRetry ? "The job is tried again at \(time)." : "The job is not due before \(time)."
            )
        }
        if job.blockedBy > 0 {
            note("blocked", blockedDetail)
        }
        if job.stopping != nil {
            note("stopping", "The job was cancelled and retried, and its cancelled run may still be at work.")
        }
        if let pause = queue?.pause {
            let why = pause.reason.map { ": \($0)" } ?? ""
            note("queue-paused", "The queue \(job.queue) is paused\(why).", since: pause.since)
        }
        if let queue, let limit = queue.concurrency, queue.counts.running >= limit {
            note("queue-full", "The queue \(job.queue) runs \(queue.counts.running) jobs, and its limit is \(limit).")
        }
    }

    /// For which jobs it waits, and which are passed over; of many only how many they are.
    private var blockedDetail: String {
        let waited = dependencies.filter(\.isWaitedFor).map(\.id.description)
        let passed = dependencies.filter(\.isPassedOver).map(\.id.description)
        var detail = "The job waits for \(job.blockedBy) of the \(job.after.count) jobs in after to complete"
        if !waited.isEmpty, waited.count <= 3 { detail += ": " + waited.joined(separator: ", ") }
        detail += "."
        guard !passed.isEmpty else { return detail }
        let names = passed.count <= 3 ? passed.joined(separator: ", ") : "\(passed.count) of them"
        return detail + " It goes on without \(names), by a retry after their end."
    }

    private mutating func explainWorkers(_ workers: [LiveWorker]) {
        let fitting = workers.filter { worker in
            let said = worker.announcement
            return worker.isLive && said.types.contains(job.type)
                && said.queues?.contains(job.queue) ?? true
        }
        guard !fitting.isEmpty else {
            return note("no-worker", "No live worker takes jobs of type \(job.type) in the queue \(job.queue).")
        }
        let slots = fitting.reduce(0) { $0 + $1.announcement.slots }
        guard fitting.reduce(0, { $0 + $1.announcement.running }) >= slots else { return }
        note("workers-busy", "Every slot of the \(fitting.count) workers that take it is busy (\(slots) in all).")
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("runnable", isRunnable)
            writer.member("reasons") { writer in
                writer.array { writer in
                    for reason in reasons {
                        writer.object { writer in
                            writer.member("code", reason.code)
                            writer.member("detail", reason.detail)
                            writer.memberIfPresent("since", reason.since)
                        }
                    }
                }
            }
            writer.member("dependencies") { writer in
                writer.array { writer in
                    for dependency in dependencies {
                        writer.object { writer in
                            writer.member("id", dependency.id.description)
                            writer.memberIfPresent("status", dependency.status?.rawValue)
                            writer.member("standing", dependency.standing)
                        }
                    }
                }
            }
        }
    }
}

extension JobDependency {
    /// How the job stands to it, in a word for a program.
    fileprivate var standing: String {
        if isWaitedFor { return "waited-for" }
        return status == .completed ? "completed" : "passed-over"
    }
}
#endif
