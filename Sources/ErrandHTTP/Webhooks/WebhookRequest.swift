#if Server
import Errand
import FoundationEssentials

/// What a body says of a webhook; nil where it says nothing.
struct WebhookRequest {
    static let changeSchema = Schema.fields([
        "url": Schema.string(1...2048).about("Where deliveries go: https, and a public address.").optional,
        "events": events.optional,
        "format": Schema.words(Webhook.Format.allCases.map(\.rawValue)).optional,
        "enabled": Schema.boolean.optional,
    ]).named("WebhookChange")
    static let schema = Schema.fields([
        "url": Schema.string(1...2048).about("Where deliveries go: https, and a public address."),
        "events": events.about("Which ends of jobs; left out: all.").optional,
        "format": Schema.words(Webhook.Format.allCases.map(\.rawValue)).standard("\"standard\"").optional,
        "enabled": Schema.boolean.standard("true").optional,
    ]).named("WebhookRequest")
    static let example = #"{"url":"https://example.com/hooks","events":["job.completed","job.failed"]}"#
    /// The `webhook` of a submit.
    static let ownSchema = Schema.fields([
        "url": Schema.string(1...2048).about("Where the job's end is told: https, and a public address."),
        "secret": Schema.text.about("Signs the delivery: whsec_ and the base64 of 24 to 64 bytes."),
        "events": events.about("Which ends; left out: all.").optional,
        "format": Schema.words(Webhook.Format.allCases.map(\.rawValue)).standard("\"standard\"").optional,
    ])
    private static let events = Schema.array(
        .words(WebhookEvent.allCases.map(\.rawValue)),
        count: 1...WebhookEvent.allCases.count
    )

    private(set) var url: String?
    private(set) var events: Set<WebhookEvent>?
    private(set) var format: Webhook.Format?
    private(set) var isEnabled: Bool?
    private(set) var secret: String?

    /// Reads the body of a request about an endpoint.
    init(_ body: JSONText, requiresURL: Bool) throws {
        var request = WebhookRequest()
        var reader = FieldReader.read(try body.object()) { request.take($1, $2, &$0) }
        if requiresURL, request.url == nil, reader.parts.isEmpty {
            reader.refuse("url", "required", "url is missing; it says where deliveries go.")
        }
        try reader.finish()
        self = request
    }

    private init() {}

    /// Reads the `webhook` of a submit, a job's own.
    static func own(_ value: JSONText, within place: String) throws -> JobWebhook {
        var request = WebhookRequest()
        try FieldReader.readItem(value, at: place) { reader, name, value in
            guard name != "enabled" else { return false }
            guard name == "secret" else { return request.take(name, value, &reader) }
            request.secret = reader.string(name, value)
            return true
        }
        guard let url = request.url else { throw Problem.field("\(place)/url", "required", "webhook.url is missing.") }
        guard let secret = request.secret, Webhook.Secret(secret).key != nil else {
            let detail =
                "webhook.secret must be whsec_ and the base64 of 24 to 64 bytes; deliveries are signed with it."
            throw Problem.field("\(place)/secret", request.secret == nil ? "required" : "invalid", detail)
        }
        return JobWebhook(
            url: url,
            secret: secret,
            events: request.events ?? Set(WebhookEvent.allCases),
            format: request.format ?? .standard
        )
    }

    private mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "url": url = reader.string(name, value)
        case "events": takeEvents(value, &reader)
        case "format":
            guard let text = reader.string(name, value) else { break }
            format = Webhook.Format(rawValue: text)
            if format == nil { Self.refuse(name, text, Webhook.Format.allCases.map(\.rawValue), &reader) }
        case "enabled": isEnabled = reader.bool(name, value)
        default: return false
        }
        return true
    }

    private mutating func takeEvents(_ value: JSONText, _ reader: inout FieldReader) {
        guard let names = reader.strings("events", value) else { return }
        let known = WebhookEvent.allCases.map(\.rawValue)
        if names.isEmpty { reader.refuse("events", "out-of-range", "events is empty; it must name an event at least.") }
        for name in names where !known.contains(name) { Self.refuse("events", name, known, &reader) }
        events = Set(names.compactMap { WebhookEvent(rawValue: $0) })
    }

    private static func refuse(_ name: String, _ text: String, _ known: [String], _ reader: inout FieldReader) {
        let all = known.joined(separator: ", ")
        reader.refuse(name, "invalid", "\(name) has \"\(text.quotable)\"; it must be one of \(all).")
    }
}
#endif
