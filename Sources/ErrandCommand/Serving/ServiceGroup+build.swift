#if Server
import Errand
import ErrandHTTP
import Logging
import ServiceLifecycle

extension ServiceGroup {
    /// What `errand serve` runs, in the order of starting; no worker when it is to serve only.
    static func serving(_ installation: Installation, withWorker: Bool, logger: Logger) async throws -> ServiceGroup {
        let metrics = PrometheusRegistry.bootstrapped()
        let api = try await installation.api(metrics: metrics)
        // Somebody has to take back what workers elsewhere held when they died.
        let upkeep = installation.upkeep()
        let worker: (String, any Service)? =
            withWorker
            ? ("worker", ServingWorker(worker: installation.worker(), upkeep: upkeep, logger: logger))
            : ("upkeep", upkeep)
        let http = ("http", try httpService(api, of: installation, logger: logger))
        let administration = installation.settings.adminPort.map { ("admin", adminService(api, port: $0, logger)) }
        let first = [("webhooks", installation.webhooks()), worker, administration].compactMap(\.self)
        return build(installation, first + [http], logger: logger)
    }

    private static func httpService(
        _ api: ErrandAPI,
        of installation: Installation,
        logger: Logger
    ) throws -> any Service {
        let listen = installation.settings.listen
        let certificate = try installation.certificate()
        do throws(ListenError) {
            let service = try api.service(host: listen.host, port: listen.port, certificate: certificate) { port in
                let url = installation.settings.url(port: port)
                installation.store.announce(url: url)
                StandardStream.output.print("Listening on \(url)")
                logger.info("listening", metadata: ["url": "\(url)"])
            }
            return NamedListener(address: listen, flag: "--port", service: service)
        } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    private static func adminService(_ api: ErrandAPI, port: Int, _ logger: Logger) -> any Service {
        let address = ListenAddress(host: "127.0.0.1", port: port)
        let service = api.adminService(port: port) { port in
            let url = ListenAddress(host: address.host, port: port).url(isEncrypted: false)
            StandardStream.output.print("Administration on \(url)")
            logger.info("listening for administration", metadata: ["url": "\(url)"])
        }
        return NamedListener(address: address, flag: "--admin-port", service: service)
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
        let services: [(String, any Service)] = [("webhooks", installation.webhooks()), ("worker", service)]
        return build(installation, services, end: .gracefullyShutdownGroup, logger: logger)
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
