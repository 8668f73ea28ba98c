#if Server
import Errand
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

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

    private func readiness(_ path: String, _ operation: String, _ summary: String) -> APIRoute {
        APIRoute.open(.get, path, operation, ready)
            .documented(.server, summary)
            .with(.query("verbose", .text, "Given, with any value: a line for each check."))
            .answering(
                .media(200, "text/plain", "It should."),
                .media(503, "text/plain", "It should not, for now.", .retryAfter)
            )
    }

    private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        let isVerbose = try Query(request, names: ["verbose"]).has("verbose")
        var lines = ["[+]listener ok"]
        var isReady = true
        func note(_ name: String, _ check: () async throws -> Void) async {
            do {
                try await check()
                lines.append("[+]\(name) ok")
            } catch {
                isReady = false
                lines.append("[-]\(name) failed")
                services.logOutage(
                    "not ready",
                    .warning,
                    to: context.logger,
                    metadata: ["check": "\(name)", "error": "\(error)"]
                )
            }
        }
        await note("draining") { if Task.isShuttingDownGracefully { throw Draining() } }
        await note("store") {
            _ = try await services.stores.jobs.jobs(JobFilter(), page: PageRequest(limit: 1), scope: .system)
        }
        await note("server") { try await services.options.readiness() }
        for condition in services.options.conditions() {
            lines.append("\(condition.isGood ? "[+]" : "[!]")\(condition.name) \(condition.state)")
        }
        let text = isReady ? "ok\n" : "not ready\n"
        return Self.answer(
            isReady ? .ok : .serviceUnavailable,
            isVerbose ? lines.joined(separator: "\n") + "\n" + text : text
        )
    }

    private struct Draining: Error {}

    private static func answer(_ status: HTTPResponse.Status, _ text: String) -> Response {
        var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"]
        if status == .serviceUnavailable { headers[.retryAfter] = "1" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
#endif
