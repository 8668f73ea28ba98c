#if Postgres
import Errand
import FoundationEssentials

/// A column as it is written: many jobs at once, as an array of values.
struct JobColumn: Sendable {
    enum Values: Sendable {
        case ints(@Sendable (HeldJob) -> Int64?)
        case texts(@Sendable (HeldJob) -> String?)
        case bools(@Sendable (HeldJob) -> Bool)
    }

    let name: String
    let type: String
    let values: Values
    /// What a stored row is given, where that is not just the value; `v` holds the values and `s` is the row.
    var update: String?
    /// What most new jobs have: it is then part of a statement's text and no parameter.
    var usual: PostgresValue?

    /// The value of one job.
    func parameter(_ job: HeldJob) -> PostgresValue {
        switch values {
        case .ints(let value): .int(value(job))
        case .texts(let value): .text(value(job))
        case .bools(let value): .bool(value(job))
        }
    }

    /// The values of several jobs.
    func parameter(_ jobs: [HeldJob]) -> PostgresValue {
        switch values {
        case .ints(let value): .ints(jobs.map(value))
        case .texts(let value): .texts(jobs.map(value))
        case .bools(let value): .bools(jobs.map(value))
        }
    }

    static func int(
        _ name: String,
        _ type: String = "bigint",
        usual: Int64? = nil,
        _ value: @escaping @Sendable (HeldJob) -> Int64?
    ) -> JobColumn {
        JobColumn(name: name, type: type, values: .ints(value), usual: usual.map { .int($0) })
    }

    static func text(
        _ name: String,
        usual: String? = nil,
        _ value: @escaping @Sendable (HeldJob) -> String?
    ) -> JobColumn {
        JobColumn(name: name, type: "text", values: .texts(value), usual: usual.map { .text($0) })
    }

    static func name(_ name: String, _ value: @escaping @Sendable (HeldJob) -> Name?) -> JobColumn {
        text(name) { value($0)?.text }
    }

    static func bool(
        _ name: String,
        usual: Bool? = nil,
        _ value: @escaping @Sendable (HeldJob) -> Bool
    ) -> JobColumn {
        JobColumn(name: name, type: "boolean", values: .bools(value), usual: usual.map { .bool($0) })
    }

    /// A text that stays where it is unless it was changed: a row that is written anew then takes it over as it is.
    static func longText(_ name: String, _ text: any KeyPath<Job, JSONText?> & Sendable) -> JobColumn {
        let values = Values.texts { $0.changed(text) }
        return JobColumn(name: name, type: "text", values: values, update: "coalesce(v.\(name), s.\(name))")
    }
}

extension JobColumn {
    /// What a submit says, in the order of the table `jobs`.
    static let submitted: [JobColumn] = [
        JobColumn(name: "id", type: "uuid", values: .texts { $0.job.id.description }),
        int("created_at") { $0.job.createdAt.milliseconds },
        int("stale_after") { $0.job.tracking?.staleAfterSeconds.map { Int64($0) } },
        int("max_attempts", "integer") { Int64($0.job.maxAttempts) },
        int("timeout", "integer") { $0.job.timeoutSeconds.map { Int64($0) } },
        bool("expiry_fixed", usual: false) { $0.job.isExpiryFixed },
        text("project_name") { $0.job.projectName },
        text("fingerprint") { $0.fingerprint },
        text("created_by") { $0.job.createdBy },
        text("created_by_name") { $0.job.createdByName },
        text("traceparent") { $0.job.traceparent },
        // Arrays within an array must all be of one length, unless they come as texts.
        text("after_ids") { $0.job.after.isEmpty ? nil : $0.job.after.map(\.description).postgresArray },
        text("tags") { $0.job.tags.isEmpty ? nil : $0.job.tags.postgresArray },
        text("metadata", usual: "{}") { $0.job.metadata.string },
        text("payload") { $0.job.payload.string },
    ]

    /// What a submit says and stands in `live` as well, where claims look.
    static let repeated: [JobColumn] = [
        bool("tracked", usual: false) { $0.job.tracking != nil },
        name("type") { $0.job.type },
        name("queue") { $0.job.queue },
        name("tenant") { $0.job.tenantId },
        name("project") { $0.job.projectId },
        name("unique_key") { $0.job.uniqueKey },
    ]

    /// What only jobs have that have not ended.
    static let waiting: [JobColumn] = [
        int("stale_at") { $0.staleAt },
        bool("waiting", usual: true) { $0.isWaiting },
    ]

    /// Where a job is in its life, which stands in `live` and then in `ended`.
    static let state: [JobColumn] = [
        int("fence", usual: 0) { $0.job.fence },
        int("rev", usual: 1) { $0.job.rev },
        int("run_at") { $0.job.runAt.milliseconds },
        int("updated_at") { $0.job.updatedAt.milliseconds },
        int("started_at") { $0.job.startedAt?.milliseconds },
        int("completed_at") { $0.job.completedAt?.milliseconds },
        int("expires_at") { $0.job.recordExpiresAt },
        int("lease_end") { $0.job.leaseEnd?.wholeMicroseconds },
        int("stop_fence") { $0.job.stopping?.fence },
        int("stop_end") { $0.job.stopping?.end.wholeMicroseconds },
        int("cancel_acknowledged_at") { $0.job.cancelAcknowledgedAt?.milliseconds },
        int("attempt", "integer", usual: 0) { Int64($0.job.attempt) },
        int("lost_count", "integer", usual: 0) { Int64($0.job.lostCount) },
        int("blocked_by", "integer", usual: 0) { Int64($0.job.blockedBy) },
        int("status", "smallint", usual: 0) { $0.job.status.code },
        int("priority", "smallint", usual: 0) { Int64($0.job.priority) },
        int("progress", "smallint") { $0.job.progress.map { Int64($0) } },
        int("result_type", "smallint") { $0.job.resultType?.code },
        bool("has_dependents", usual: false) { $0.hasDependents },
        name("worker") { $0.job.workerId },
        text("progress_message") { $0.job.progressMessage },
        text("result_location") { $0.job.resultLocation },
        text("failure_code") { $0.job.failure?.code },
        text("failure_message") { $0.job.failure?.message },
        text("failure_details") { $0.job.failure?.details?.string },
        JobColumn(
            name: "errors",
            type: "text",
            values: .texts { $0.job.errors == $0.stored?.errors ?? [] ? nil : $0.job.errors.text.string },
            update: "coalesce(v.errors, s.errors)"
        ),
        longText("data", \.data),
        longText("internal_data", \.internalData),
        longText("checkpoint", \.checkpoint),
        JobColumn(
            name: "result",
            type: "text",
            values: .texts { $0.changed(\.result) },
            update: "CASE WHEN v.keeps_result THEN s.result ELSE v.result END"
        ),
    ]

    /// Whether the row keeps the result it has, which the value alone does not say.
    static let keepsResult = bool("keeps_result") { $0.job.result == $0.stored?.result }
    static let number = int("number") { $0.job.number }
}
#endif
