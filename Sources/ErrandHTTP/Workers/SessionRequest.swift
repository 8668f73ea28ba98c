#if Server
import Errand
import Hummingbird

/// The body that opens a session: what a worker elsewhere says of itself.
struct SessionRequest {
    static let protocolVersion: Int64 = 1
    static let nameLimit = 1000
    static let slotLimit = 1000

    static func schema(_ known: JobTypes) -> Schema {
        let type = known.names.isEmpty ? Schema.name : .words(known.names.map(\.text))
        return Schema.fields([
            "name": Schema.name.about("For people."),
            "types": Schema.array(type, count: 1...nameLimit).about("What it can run; all have to be known here."),
            "queues": Schema.array(.name, count: 0...nameLimit).about("Where it takes jobs from; left out: all.")
                .optional,
            "slots": Schema.integer(1...Int64(slotLimit)).about("How many jobs it runs at once.").standard("1")
                .optional,
            "protocol": Schema.integer(protocolVersion...protocolVersion).optional,
            "version": Schema.name.optional,
            "language": Schema.name.optional,
            "labels": Schema.anyObject.atMost(bytes: JobLimits.detailsBytes, "For people.").optional,
            "workerId": Schema.text.about("A session that was forgotten, to go on under its id.").optional,
        ]).named("SessionRequest")
    }

    /// The session to go on with; nil opens a new one.
    private(set) var workerId: Name?
    private(set) var name = ""
    private(set) var version: String?
    private(set) var language: String?
    private(set) var labels: JSONText?
    private(set) var queues: [Name]?
    private(set) var types: [Name] = []
    private(set) var slots = 1

    init(_ request: Request, _ context: APIContext, services: APIServices) async throws {
        var given = self
        var spoken: Int64?
        var reader = try await services.readFields(request, context, isRequired: true) { reader, name, value in
            if name == "protocol" {
                spoken = reader.integer(name, value, in: 0...Int64.max)
                return true
            }
            return given.take(name, value, &reader)
        }
        if let spoken, spoken != Self.protocolVersion {
            throw Problem(.conflict, "protocol is \(spoken); this server speaks \(Self.protocolVersion).")
        }
        given.check(&reader, types: services.types)
        try reader.finish()
        self = given
    }

    private mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "workerId": workerId = reader.name(name, value)
        case "name": self.name = reader.string(name, value) ?? ""
        case "version": version = reader.string(name, value)
        case "language": language = reader.string(name, value)
        case "labels": labels = reader.object(name, value)
        case "queues": queues = reader.names(name, value, atMost: Self.nameLimit)
        case "types": types = reader.names(name, value, atMost: Self.nameLimit) ?? []
        case "slots": slots = Int(reader.integer(name, value, in: 1...Int64(Self.slotLimit)) ?? 1)
        default: return false
        }
        return true
    }

    private func check(_ reader: inout FieldReader, types known: JobTypes) {
        for (field, text) in [("name", name), ("version", version), ("language", language)] {
            guard let text, !(1...JobLimits.nameBytes).contains(text.utf8.count) else { continue }
            let range = "1 to \(JobLimits.nameBytes)"
            reader.refuse(field, "invalid", "\(field) has \(text.utf8.count) bytes; it must have \(range).")
        }
        if types.isEmpty {
            reader.refuse("types", "required", "types is missing or empty; it names what the worker can run.")
        }
        for type in types where known[type] == nil {
            let detail = "types has \"\(type.text.quotable)\", which this installation does not know."
            reader.refuse("types", "unknown-job-type", detail)
        }
        if let labels, labels.utf8Count > JobLimits.detailsBytes {
            let detail = "labels has \(labels.utf8Count) bytes; at most \(JobLimits.detailsBytes) are allowed."
            reader.refuse("labels", "too-long", detail)
        }
    }
}
#endif
