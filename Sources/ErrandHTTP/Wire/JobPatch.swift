#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// The body that changes a job that waits: a merge patch (RFC 7396), in which null takes a member back to its default.
struct JobPatch {
    static let schema = Schema.fields([
        "priority": Schema.integer(-32768...32767).about("What is lower runs sooner; null: 0.").optional,
        "runAt": Schema.time.about("When it may run; null: now.").optional,
        "queue": Schema.name.about("null: the type's.").optional,
        "tags": Schema.array(.text).optional,
    ]).named("JobChange")

    private var amendment = JobAmendment()
    /// Whether the queue is to be that of the job's type.
    private var resetsQueue = false
    private var types = JobTypes()

    init(_ request: Request, _ context: APIContext, services: APIServices) async throws {
        var given = self
        given.types = services.types
        try await services.readFields(request, context, isRequired: true) { given.take($1, $2, &$0) }.finish()
        self = given
    }

    private mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "priority":
            let range = Int64(Int16.min)...Int64(Int16.max)
            amendment.priority = value.isNull ? 0 : reader.integer(name, value, in: range).map { Int16($0) }
        case "runAt": amendment.due = value.isNull ? .now : reader.moment(name, value).map { .at($0) }
        case "queue":
            resetsQueue = value.isNull
            amendment.queue = reader.queue(name, value)
        case "tags": amendment.tags = value.isNull ? [] : reader.strings(name, value)
        default: return false
        }
        return true
    }

    /// What the store is to change of a job of a type, whose default queue may be asked for.
    func amendment(ofType type: Name) -> JobAmendment {
        guard resetsQueue else { return amendment }
        var amendment = amendment
        amendment.queue = types[type]?.queue ?? "default"
        return amendment
    }
}
#endif
