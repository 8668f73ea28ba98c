#if Server
import Errand
import HTTPTypes
import Hummingbird
import NIOCore

/// What an orchestrator asks: does the process live, should it get requests.
struct HealthRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute.open(.get, "/livez", "getLiveness") { _, _ in Self.answer(.ok, "ok\n") }
                .documented(.server, "Whether the process lives")
                .answering(.media(200, "text/plain", "It does.")),
            readiness("/readyz", "getReadiness", "Whether the server should get requests"),
            readiness("/healthz", "getHealth", "Another name of /readyz"),
        ]
    }

    private static let verbose = """
        Given, with any value: a line for each check. [-] makes the server unready; [!] is not as it should be, and \
        does not.
        """

    private func readiness(_ path: String, _ operation: String, _ summary: String) -> APIRoute {
        APIRoute.open(.get, path, operation, ready)
            .documented(.server, summary)
            .with(.query("verbose", .text, Self.verbose))
            .answering(
                .media(200, "text/plain", "It should."),
                .media(503, "text/plain", "It should not, for now.", .retryAfter)
            )
    }

    private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        let isVerbose = try Query(request, names: ["verbose"]).has("verbose")
        var readiness = Readiness(services: services)
        await readiness.check(isVerbose: isVerbose)
        let text = readiness.isReady ? "ok\n" : "not ready\n"
        return Self.answer(
            readiness.isReady ? .ok : .serviceUnavailable,
            isVerbose ? readiness.lines.joined(separator: "\n") + "\n" + text : text
        )
    }

    private static func answer(_ status: HTTPResponse.Status, _ text: String) -> Response {
        var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"]
        if status == .serviceUnavailable { headers[.retryAfter] = "1" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
#endif
