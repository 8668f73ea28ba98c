#if Server
import Errand
import ErrandHTTP
import Logging
import ServiceLifecycle

extension ServiceGroup {
    /// What `errand serve` runs, in the order of starting; no worker when it is to serve only.
    static func serving(_ installation: Installation, withWorker: Bool, logger: Logger) throws -> ServiceGroup {
        let metrics = PrometheusRegistry.bootstrapped()
        let listen = installation.settings.listen
        let api: any Service
        do throws(ListenError) {
            api = try installation.api(metrics: metrics).service(host: listen.host, port: listen.port) { port in
                let url = ListenAddress(host: listen.host, port: port).url
                installation.store.announce(url: url)
                StandardStream.output.print("Listening on \(url)")
                logger.info("listening", metadata: ["url": "\(url)"])
            }
        } catch {
            throw CommandFailure(.configuration, error.description)
        }
        // Somebody has to take back what workers elsewhere held when they died.
        let upkeep = installation.upkeep()
        let worker: (String, any Service) =
            withWorker
            ? ("worker", ServingWorker(worker: installation.worker(), upkeep: upkeep, logger: logger))
            : ("upkeep", upkeep)
        return build(installation, [worker, ("http", api)], logger: logger)
    }

    /// What `errand worker` runs.
    static func working(
        _ installation: Installation,
        _ worker: Worker,
        isSupervised: Bool,
        logger: Logger
    ) -> ServiceGroup {
        let service: any Service = isSupervised ? SupervisedWorker(worker: worker, logger: logger) : worker
        // An operator may have told it to stop; the process is nothing without it.
        return build(installation, [("worker", service)], end: .gracefullyShutdownGroup, logger: logger)
    }

    /// A group that stops its services the other way round: HTTP accepts nothing more, the worker lets its jobs end,
    /// the store closes.
    private static func build(
        _ installation: Installation,
        _ services: [(name: String, service: any Service)],
        end: ServiceGroupConfiguration.ServiceConfiguration.TerminationBehavior = .cancelGroup,
        logger: Logger
    ) -> ServiceGroup {
        let settings = installation.settings
        let store = StoreService(store: installation.store, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: store, serviceName: "store")]
                + services.map { name, service in
                    .init(
                        service: StepLog(name: name, service: service, logger: logger),
                        successTerminationBehavior: end,
                        serviceName: name
                    )
                },
            logger: settings.logger("errand.lifecycle")
        )
        // A connection that does not end must not hold up the worker's grace for ever.
        configuration.maximumGracefulShutdownDuration = settings.grace + .seconds(10)
        return ServiceGroup(configuration: configuration)
    }
}
#endif
