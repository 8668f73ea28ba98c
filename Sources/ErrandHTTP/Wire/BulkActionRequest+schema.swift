#if Server
import Errand

extension BulkActionRequest {
    /// What the body of an action may be.
    static func schema(_ kind: BulkAction.Kind) -> Schema {
        let common = Schema.fields([
            "ids": Schema.array(
                .either(.uuid, .string(pattern: "^[1-9][0-9]{0,17}$"), .integer(1...Int64.max)),
                count: 1...limit
            )
            .about("The jobs, by id or number; or filter.").optional,
            "filter": FilterReader.schema.about("All jobs that a list with these parameters would have.").optional,
            "dryRun": Schema.boolean.about("Only say how many jobs the filter means.").optional,
            "confirmToken": Schema.string(0...JobLimits.errorBytes)
                .about("From the answer of a dry run; good for five minutes.").optional,
        ])
        switch kind {
        case .cancel: return common.adding(["reason": Schema.reason("Why; people see it.").nullable.optional])
        case .retry: return common.adding(["runAt": Schema.time.about("When they may run.").nullable.optional])
        case .reschedule: return common.adding(["runAt": Schema.time.about("When they may run.")])
        case .delete: return common
        }
    }

    static func example(_ kind: BulkAction.Kind) -> String {
        kind == .reschedule
            ? #"{"ids":["42"],"runAt":"2099-01-01T00:00:00Z"}"# : #"{"filter":{"status":["Failed"]},"dryRun":true}"#
    }

    /// What was done to jobs that were named.
    static let outcome = Schema.object([
        "done": .array(.any),
        "skipped": .array(.object(["id": .any, "problem": .problem])),
    ])
    /// What would be done to those a filter means.
    static let preview = Schema.object([
        "count": .count,
        "sample": Schema.array(JobJSON.schema).about("Some of them."),
        "confirmToken": .text,
        "expiresIn": Schema.number.about("How long the token is good for, in seconds."),
    ])
}

extension FilterReader {
    static let schema = Schema.fields([
        "status": Schema.either(.text, .array(.text)).optional,
        "type": Schema.either(.name, .array(.name, count: 0...1000)).optional,
        "projectId": Schema.name.optional,
        "queue": Schema.name.optional,
        "tag": Schema.string(0...JobLimits.errorBytes).optional,
        "createdBy": Schema.name.optional,
        "createdAfter": Schema.time.optional,
        "createdBefore": Schema.time.optional,
        "q": Schema.string(0...JobLimits.errorBytes).optional,
    ])
}
#endif
