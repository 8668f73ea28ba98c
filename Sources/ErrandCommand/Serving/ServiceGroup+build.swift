#if Server
import Errand
import ErrandHTTP
import Logging
import ServiceLifecycle

extension ServiceGroup {
    /// What `errand serve` runs, in the order of starting.
    ///
    /// Stopping goes the other way: HTTP accepts nothing more, the worker lets its jobs end, the store closes.
    static func build(_ installation: Installation, logger: Logger) throws -> ServiceGroup {
        let settings = installation.settings
        let listen = settings.listen
        let api: any Service
        do throws(ListenError) {
            api = try installation.api().service(host: listen.host, port: listen.port) { port in
                let url = ListenAddress(host: listen.host, port: port).url
                installation.store.announce(url: url)
                StandardStream.output.print("Listening on \(url)")
                logger.info("listening", metadata: ["url": "\(url)"])
            }
        } catch {
            throw CommandFailure(.configuration, error.description)
        }
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: StoreService(store: installation.store, logger: logger), serviceName: "store"),
                .init(
                    service: StepLog(name: "worker", service: installation.worker(), logger: logger),
                    serviceName: "worker"
                ),
                .init(service: StepLog(name: "http", service: api, logger: logger), serviceName: "http"),
            ],
            logger: settings.logger("errand.lifecycle")
        )
        // A connection that does not end must not hold up the worker's grace for ever.
        configuration.maximumGracefulShutdownDuration = settings.grace + .seconds(10)
        return ServiceGroup(configuration: configuration)
    }
}
#endif
