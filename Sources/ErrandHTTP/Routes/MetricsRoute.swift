#if Server
import Errand
import HTTPTypes
import Hummingbird
import NIOCore

/// Every metric of the process, in Prometheus' text format.
struct MetricsRoute: Sendable {
    let services: APIServices

    /// Whoever reads them sees every queue of the installation: beside the port for administration that takes a key.
    var routes: [APIRoute] {
        [
            APIRoute(.get, "/metrics", "getMetrics", .admin, get)
                .documented(.server, "All metrics", "In Prometheus' text format; for a key of the installation.")
                .answering(.media(200, "text/plain", "The metrics."))
                .refusing(.notFound)
        ]
    }

    func get(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let text = services.options.metricsText else {
            throw Problem(.notFound, "This server keeps no metrics.")
        }
        guard context.principal.reach == .system else {
            throw Problem(.forbidden, "Metrics are the installation's; the key is a tenant's.")
        }
        try await StoreMetrics(store: services.stores.jobs, shown: services.metrics.queues).refresh()
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text()))
        )
    }
}
#endif
