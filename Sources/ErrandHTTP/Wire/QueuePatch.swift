#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// The body that limits a queue: a merge patch (RFC 7396), in which null goes back to what the configuration says.
struct QueuePatch {
    static let schema = Schema.fields([
        "concurrency": Schema.integer(1...Int64(Int32.max)).about("How many of its jobs may run at a time.").optional,
        "rateLimit": Schema.fields([
            "count": .integer(Int64(RateLimit.counts.lowerBound)...Int64(RateLimit.counts.upperBound)),
            "perSeconds": .number,
        ]).about("How many may begin in a time.").optional,
    ]).named("QueueLimits")

    private(set) var changes: [QueueChange] = []

    init(_ request: Request, _ context: APIContext, services: APIServices) async throws {
        var given = self
        var limit: JSONText?
        try await services.readFields(request, context, isRequired: true) { reader, name, value in
            switch name {
            case "concurrency":
                let count = reader.integer(name, value, in: 1...Int64(Int32.max)).map { Int($0) }
                given.changes.append(.overrideConcurrency(count))
            case "rateLimit":
                limit = reader.object(name, value)
                if value.isNull { given.changes.append(.overrideRateLimit(nil)) }
            default: return false
            }
            return true
        }.finish()
        if let limit { given.changes.append(.overrideRateLimit(try Self.rateLimit(limit))) }
        self = given
    }

    private static func rateLimit(_ object: JSONText) throws -> RateLimit {
        var (count, seconds) = (Int64?.none, Double?.none)
        try FieldReader.readItem(object, at: "/rateLimit") { reader, name, value in
            switch name {
            case "count":
                count = reader.integer(
                    name,
                    value,
                    in: Int64(RateLimit.counts.lowerBound)...Int64(RateLimit.counts.upperBound)
                )
            case "perSeconds":
                seconds = value.doubleValue
                let range = RateLimit.periods.lowerBound.seconds...RateLimit.periods.upperBound.seconds
                if !(seconds.map(range.contains) ?? false) {
                    let detail = "perSeconds is \(value.string.quotable); it must be \(range.lowerBound) to 86400."
                    reader.refuse(name, "out-of-range", detail)
                }
            default: return false
            }
            return true
        }
        guard let count, let seconds else {
            throw Problem.field("/rateLimit", "required", "rateLimit needs count and perSeconds.")
        }
        return RateLimit(count: Int(count), per: .milliseconds(Int64(saturating: (seconds * 1000).rounded())))
    }
}
#endif
