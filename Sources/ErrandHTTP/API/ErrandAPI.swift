#if Server
public import Errand
public import Hummingbird
public import Logging

/// The HTTP API: jobs, uploads, datasets, queues, files and streams over any store.
///
/// ``APIOptions/access`` says who is let in. Where nobody is asked for a credential, everybody who can reach it is the
/// tenant `default`; it then answers only requests that come from this machine and not from a page of another site, and
/// ``service(host:port:onListening:)`` listens on loopback addresses only.
public struct ErrandAPI: Sendable {
    let services: APIServices

    /// Creates the API.
    ///
    /// - Parameters:
    ///   - stores: Where jobs, uploads and datasets are.
    ///   - files: Where the bytes of files are.
    ///   - types: The types that may be submitted.
    ///   - options: Limits, lifetimes, clock and secret.
    ///   - logger: Hears of requests that failed for reasons that are not told to the client.
    public init(
        stores: APIStores,
        files: APIFiles,
        types: JobTypes,
        options: APIOptions = APIOptions(),
        logger: Logger
    ) {
        let random = RandomSource(options.random)
        let secret = options.secret ?? random.bytes(32)
        services = APIServices(
            stores: stores,
            files: files,
            types: types,
            options: options,
            cursors: CursorCodec(secret: secret),
            leases: LeaseTokens(secret: secret),
            sessions: WorkerSessions(store: stores.jobs, clock: options.clock, secret: secret),
            random: random,
            authenticator: Authenticator(
                keys: stores.keys,
                clock: options.clock,
                lifetime: options.keyLifetime,
                logger: logger
            ),
            identifiers: JobIDGenerator(random: options.random),
            logger: logger
        )
    }

    /// Every operation, from which the router is made.
    public var routes: [APIRoute] {
        let routes = operations
        return routes + DocumentRoutes(access: services.options.access, others: routes).routes
    }

    /// Every operation but the description of them all.
    private var operations: [APIRoute] {
        JobRoutes(services: services).routes
            + InspectionRoutes(services: services).routes
            + SubmitRoute(services: services).routes
            + BulkRoute(services: services).routes
            + OperatingRoutes(services: services).routes
            + ResultRoutes(services: services).routes
            + EventRoutes(services: services).routes
            + UploadRoute(services: services).routes
            + FileRoute(services: services).routes
            + DatasetRoutes(services: services).routes
            + QueueRoutes(services: services).routes
            + WorkerRoutes(services: services).routes
            + SessionRoutes(services: services).routes
            + ClaimRoute(services: services).routes
            + LeasedJobRoutes(services: services).routes
            + ResultUploadRoute(services: services).routes
            + SettleRoutes(services: services).routes
            + JobTypeRoutes(services: services).routes
            + KeyRoutes(services: services).routes
            + HealthRoutes(services: services).routes
            + ProblemRoute().routes
            + MetricsRoute(services: services).routes
    }

    /// A router with all operations; an application may add its own.
    public func router() -> Router<APIContext> {
        let table = RouteTable(routes)
        let router = Router(context: APIContext.self)
        router.add(middleware: EdgeMiddleware(services: services, table: table))
        for route in table.routes {
            let handler = measured(route)
            router.on(route.routerPath, method: route.method, use: handler)
            if route.method == .get { router.on(route.routerPath, method: .head, use: handler) }
        }
        return router
    }

    /// The operation for those who may, and how long it takes.
    private func measured(_ route: APIRoute) -> APIRoute.Handler {
        let metrics = RequestMetrics(route)
        return { [services] request, context in
            let began = ContinuousClock.now
            do {
                let response = try await route.handler(request, services.authorize(route, request, context))
                metrics.answered(Int(response.status.code), after: .now - began)
                return response
            } catch {
                metrics.answered(Problem(error).status, after: .now - began)
                throw error
            }
        }
    }
}
#endif
