#if Server
import Errand
import ErrandFiles
import ErrandHTTP
import FoundationEssentials
import Logging

/// What a process needs to work on a store: the open store, its files, and the types it can run.
struct Installation: Sendable {
    let settings: Settings
    let store: any InstallationStore
    let objects: LocalObjectStore
    let handlers: JobHandlers

    /// Opens the store and the folder of its files.
    ///
    /// - Parameters:
    ///   - settings: Which store, which types.
    ///   - purpose: What it is opened for.
    /// - Returns: What works on it; close its store at the end.
    /// - Throws: ``CommandFailure``: `tryLater` with the owner's process id when another process has the store.
    static func open(_ settings: Settings, for purpose: StorePurpose) async throws -> Installation {
        let store: any InstallationStore
        do throws(JobStoreError) {
            store = try await settings.store.open(
                purpose,
                rules: JobRules(stopping: settings.stoppingTimes),
                logger: settings.logger("errand.store")
            )
        } catch {
            throw CommandFailure(ExitStatus(error), error.description)
        }
        let objects: LocalObjectStore
        do throws(ObjectStoreError) {
            objects = try LocalObjectStore(folder: settings.filesFolder)
        } catch {
            store.close()
            throw CommandFailure(.unavailable, error.description)
        }
        let handlers = JobHandlers(settings, store: store, objects: objects)
        return Installation(settings: settings, store: store, objects: objects, handlers: handlers)
    }

    /// Applies what the settings say about queues; a queue they do not name keeps what it has.
    func configureQueues() async throws {
        for (queue, limit) in settings.queueConcurrency.sorted(by: { $0.key < $1.key }) {
            try await store.configure(queue: queue, .concurrency(limit))
        }
        for (queue, limit) in settings.queueRateLimits.sorted(by: { $0.key < $1.key }) {
            try await store.configure(queue: queue, .rateLimit(limit))
        }
    }

    /// A worker for everything, or for some queues or types only.
    func worker(queues: [Name]? = nil, types: [Name]? = nil) -> Worker {
        var options = options
        (options.queues, options.types) = (queues, types)
        return Worker(store: store, handlers: handlers, options: options)
    }

    /// Delivers webhooks.
    func webhooks() -> WebhookService {
        var options = options
        options.logger = settings.logger("errand.webhooks")
        return WebhookService(store: store, outbound: settings.outbound, options: options)
    }

    /// What a worker does for the store, for a process without one.
    func upkeep() -> StoreUpkeep { StoreUpkeep(store: store, options: options) }

    private var options: WorkerOptions {
        var options = WorkerOptions(concurrency: settings.concurrency)
        options.version = Version.current
        options.lease = settings.lease
        options.runningJobsPerTenant = settings.http.quotas.runningJobs
        // As often within a lease as by default, and never less often than that.
        options.heartbeat = min(options.heartbeat, settings.lease / 6)
        options.reapInterval = options.heartbeat
        options.grace = settings.grace
        options.stopping = settings.stoppingTimes
        options.objectStore = objects
        options.logger = settings.logger("errand.worker")
        options.middleware = [RunLog()]
        return options
    }

    private func tokenVerifier() async throws -> TokenVerifier? {
        guard let tokens = settings.tokens else { return nil }
        do { return try await TokenVerifier(tokens, logger: settings.logger("errand.tokens")) } catch {
            throw CommandFailure(.configuration, "auth.jwt: \(error)")
        }
    }

    /// The certificate with which the server speaks TLS; nil where it does not.
    func certificate() throws -> ServerCertificate? {
        guard let files = settings.certificate else { return nil }
        do throws(CertificateError) {
            return try ServerCertificate(
                certificate: files.chain,
                key: files.key,
                logger: settings.logger("errand.tls")
            )
        } catch {
            throw CommandFailure(.configuration, "tls: \(error)")
        }
    }

    /// The HTTP API over the store.
    ///
    /// - Throws: ``CommandFailure`` for keys of tokens that cannot be used.
    func api(metrics: PrometheusRegistry? = nil) async throws -> ErrandAPI {
        var logger = settings.logger("errand.http")
        // Hummingbird says at info what is said here in our own words.
        if logger.logLevel == .info { logger.logLevel = .notice }
        var options = settings.http
        options.transport = settings.transport
        options.hasAdminPort = settings.adminPort != nil
        options.tokens = try await tokenVerifier()
        options.secret = objects.secret
        options.outbound = settings.outbound
        options.workerLease = settings.lease
        options.stopping = settings.stoppingTimes
        // As often within a lease as by default, and never less often than that.
        options.workerHeartbeat = min(options.workerHeartbeat, settings.lease / 6)
        if let metrics { options.metricsText = { metrics.text() } }
        options.conditions = { [store] in store.conditions }
        return ErrandAPI(
            stores: APIStores(store),
            files: APIFiles(objects: objects, links: objects),
            types: handlers.types,
            options: options,
            logger: logger
        )
    }
}

extension JobHandlers {
    /// The types that every installation has, and those of its settings.
    init(_ settings: Settings, store: any InstallationStore, objects: LocalObjectStore) {
        self.init()
        BuiltInTypes(datasets: store, uploads: store, objects: objects).register(on: &self)
        BulkJob.register(on: &self, store: store)
        for type in settings.types { type.register(on: &self) }
        for type in settings.externalTypes { declare(type) }
    }
}
#endif
