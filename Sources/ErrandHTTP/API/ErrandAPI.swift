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
    private(set) var services: APIServices

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
        let authenticator = Authenticator(keys: stores.keys, options: options, logger: logger)
        let browserSessions = BrowserSessions(
            authenticator: authenticator,
            options: options,
            random: random,
            secret: secret
        )
        services = APIServices(
            stores: stores,
            files: files,
            types: types,
            options: options,
            cursors: CursorCodec(secret: secret),
            leases: LeaseTokens(secret: secret),
            confirmations: ConfirmTokens(secret: secret),
            sessions: WorkerSessions(store: stores.jobs, clock: options.clock, secret: secret),
            random: random,
            authenticator: authenticator,
            browserSessions: browserSessions,
            tickets: StreamTickets(
                sessions: browserSessions,
                store: stores.keys,
                clock: options.clock,
                random: random,
                secret: secret
            ),
            identifiers: JobIDGenerator(random: options.random),
            logger: logger,
            quotas: QuotaKeeper(options.quotas, clock: options.clock),
            writeHealth: WriteHealth(stores: stores, files: files)
        )
    }

    /// Every operation, from which the router is made.
    public var routes: [APIRoute] {
        let routes = operations
        return routes + DocumentRoutes(access: services.options.access, others: routes).routes
    }

    /// Every operation but the description of them all.
    private var operations: [APIRoute] {
        let streams = EventRoutes(services: services).routes
        return JobRoutes(services: services).routes
            + InspectionRoutes(services: services).routes
            + SubmitRoute(services: services).routes
            + BulkRoute(services: services).routes
            + BulkActionRoutes(services: services).routes
            + OperatingRoutes(services: services).routes
            + ResultRoutes(services: services).routes
            + streams
            + StreamTicketRoute(services: services, streams: streams).routes
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
            + AuditRoute(services: services).routes
            + WebhookRoutes(services: services).routes
            + DeliveryRoutes(services: services).routes
            + SignInRoutes(services: services).routes
            + HealthRoutes(services: services).routes
            + ProblemRoute().routes
            + (services.options.hasAdminPort ? [] : MetricsRoute(services: services).routes)
    }

    /// The operations of the port for administration.
    var adminRoutes: [APIRoute] {
        HealthRoutes(services: services).routes + MetricsRoute(services: services).routes + ProblemRoute().routes
    }

    /// A router with all operations; an application may add its own.
    public func router() -> Router<APIContext> { router(routes) }

    func router(_ routes: [APIRoute]) -> Router<APIContext> {
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

    /// The same for whoever reaches a port of this machine on which nobody is asked for a credential.
    var forAdministration: ErrandAPI {
        var api = self
        api.services.options.access = .loopback
        api.services.options.transport = .plain
        return api
    }

    /// The operation for those who may, and how long it takes.
    private func measured(_ route: APIRoute) -> APIRoute.Handler {
        let metrics = RequestMetrics(route)
        return { [services] request, context in
            let began = ContinuousClock.now
            do {
                let context = try await services.authorize(route, request, context)
                // A worker that is refused its heartbeat loses what it runs, whoever of the tenant asked too much.
                let rate = route.scope == .worker ? nil : try services.quotas.request(context.scope)
                var response: Response
                do { response = try await route.handler(request, context) } catch {
                    throw rate.map { $0.added(to: error) } ?? error
                }
                rate?.write(to: &response.headers)
                if response.status.code < 400 { await services.audit(route, request, context) }
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
