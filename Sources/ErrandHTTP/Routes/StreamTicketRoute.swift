#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Asking for a ticket by which one stream can be opened without a header.
struct StreamTicketRoute: Sendable {
    let services: APIServices
    /// The paths of streams, with their parameters in braces.
    let streams: [String]

    init(services: APIServices, streams: [APIRoute]) {
        self.services = services
        self.streams = streams.filter(\.takesTicket).map(\.path)
    }

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/stream-tickets", "createStreamTicket", .jobsRead, create)
                .documented(
                    .streams,
                    "Get a ticket for a stream",
                    "A browser's EventSource sends no header: it opens the stream once with ?ticket= instead."
                )
                .taking(
                    .object,
                    .fields([
                        "path": Schema.string(1...JobLimits.errorBytes).about(
                            "The path of the stream, without a query."
                        )
                    ]),
                    example: #"{"path":"/api/events"}"#
                )
                .answering(
                    .json(
                        201,
                        .object(["ticket": .text, "expiresIn": Schema.count.about("In seconds.")]),
                        "Once good."
                    )
                )
        ]
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with path.")
        }
        let ticket = services.tickets.make(for: try path(body), context)
        return .json(.created, headers: .noStore) { writer in
            writer.object { writer in
                writer.member("ticket", ticket)
                writer.member("expiresIn", StreamTickets.lifetime.components.seconds)
            }
        }
    }

    private func path(_ body: JSONText) throws -> String {
        var path: String?
        var reader = FieldReader.read(try body.object()) { reader, name, value in
            guard name == "path" else { return false }
            path = reader.text(name, value)
            return true
        }
        let known = streams.joined(separator: " or ")
        if path == nil {
            reader.refuse("path", "required", "path is missing; it must be \(known).")
        } else if let path, !streams.contains(where: { Self.matches($0, path) }) {
            reader.refuse("path", "invalid", "path is \"\(path.quotable)\"; it must be \(known), without a query.")
        }
        try reader.finish()
        return path ?? ""
    }

    private static func matches(_ route: String, _ path: String) -> Bool {
        let parts = route.split(separator: "/")
        let wanted = path.split(at: "/", omittingEmptySubsequences: false).dropFirst()
        return path.hasPrefix("/") && !path.holds("?") && parts.count == wanted.count
            && zip(parts, wanted).allSatisfy { APIRoute.isParameter($0) ? !$1.isEmpty : $0 == $1 }
    }
}
#endif
