#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// The body of a bulk action: which jobs, and what the action itself takes.
struct BulkActionRequest {
    /// The most jobs that are named one by one.
    static let limit = 1000

    /// Which jobs are meant, and how far the request goes.
    enum Target {
        /// Those named, at once; each with the text that named it.
        case ids([(given: JSONText, job: JobReference)])
        /// Only say how many a filter means.
        case dryRun(JobFilter)
        /// All that a filter means, as was confirmed.
        case confirmed(JobFilter, token: String)
    }

    let action: BulkAction
    let target: Target

    init(
        _ kind: BulkAction.Kind,
        _ request: Request,
        _ context: APIContext,
        services: APIServices
    ) async throws {
        var given = Given(kind)
        var reader = try await services.readFields(request, context, isRequired: true) { given.take($1, $2, &$0) }
        given.check(&reader)
        try reader.finish()
        action = given.action
        target = try given.target()
    }

    private struct Given {
        var action: BulkAction
        var ids: [JSONText]?
        var filter: JSONText?
        var confirmation = Confirmation()

        init(_ kind: BulkAction.Kind) { action = BulkAction(kind) }

        mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
            switch (name, action.kind) {
            case ("ids", _): ids = reader.array(name, value)
            case ("filter", _): filter = reader.object(name, value)
            case ("reason", .cancel): action.reason = reader.text(name, value)
            case ("runAt", .retry), ("runAt", .reschedule): action.runAt = reader.moment(name, value)
            default: return confirmation.take(name, value, &reader)
            }
            return true
        }

        func check(_ reader: inout FieldReader) {
            if let ids, ids.isEmpty || ids.count > limit {
                reader.refuse("ids", "out-of-range", "ids names \(ids.count) jobs; it must name 1 to \(limit).")
            }
            if (ids == nil) == (filter == nil) {
                reader.refuse("ids", "exclusive", "Give either ids, or filter together with dryRun or confirmToken.")
            }
            if action.kind == .reschedule, action.runAt == nil {
                reader.refuse("runAt", "required", "runAt is missing; it says when the jobs may run.")
            }
            if filter != nil { confirmation.check(&reader) } else { confirmation.refuse(&reader) }
        }

        func target() throws -> Target {
            if let ids { return .ids(try ids.enumerated().map(reference)) }
            let filter = try filter.map(FilterReader.read) ?? JobFilter()
            return confirmation.token.map { .confirmed(filter, token: $0) } ?? .dryRun(filter)
        }

        private func reference(_ index: Int, _ given: JSONText) throws(Problem) -> (given: JSONText, job: JobReference)
        {
            let text = given.stringValue ?? given.int64Value.map { "\($0)" }
            if let job = text.flatMap({ JobReference($0) }) { return (given, job) }
            let detail = "ids/\(index) is \(given.string.quotable); it must be a UUID or a positive whole number."
            throw .field("/ids/\(index)", "invalid", detail)
        }
    }
}

/// The part of a body that asks what would be done, or confirms it.
struct Confirmation {
    private(set) var isDryRun = false
    private(set) var token: String?

    mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "dryRun": isDryRun = reader.bool(name, value) ?? false
        case "confirmToken": token = reader.text(name, value)
        default: return false
        }
        return true
    }

    /// Notes that what has to be confirmed is not.
    func check(_ reader: inout FieldReader) {
        if isDryRun, token != nil {
            reader.refuse("dryRun", "exclusive", "Give either dryRun or confirmToken.")
        } else if !isDryRun, token == nil {
            reader.refuse(
                "confirmToken",
                "required",
                "confirmToken is missing: ask with dryRun true first, and send the token of the answer."
            )
        }
    }

    /// Notes that nothing is there to confirm.
    func refuse(_ reader: inout FieldReader) {
        if isDryRun {
            reader.refuse("dryRun", "not-allowed", "dryRun is for a filter; ids say themselves what is meant.")
        }
        if token != nil { reader.refuse("confirmToken", "not-allowed", "confirmToken is for a filter.") }
    }
}
#endif
