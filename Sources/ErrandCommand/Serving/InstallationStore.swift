#if Server
import Errand
import ErrandHTTP
import ErrandPostgres
import ErrandSQLite
import Logging

/// What an installation keeps everything but files in: one store for jobs, uploads, datasets, keys and webhooks, and
/// for what operators did.
protocol InstallationStore: JobStore, UploadStore, DatasetStore, APIKeyStore, AuditStore, WebhookStore {
    /// Finishes what was asked for and lets go; later calls throw `unavailable`.
    func close()
    /// Tells other processes where this one answers; for stores that they cannot open beside it.
    func announce(url: String)
    /// What `/readyz?verbose` says of it.
    var conditions: [APIOptions.Condition] { get }
}

extension InstallationStore {
    func announce(url: String) {}
    var conditions: [APIOptions.Condition] { [] }
}

extension SQLiteJobStore: InstallationStore {}

#if Postgres
extension PostgresJobStore: InstallationStore {
    var conditions: [APIOptions.Condition] {
        // What has just begun to listen is on the way; `off` is what somebody chose.
        let state = notifications
        let isShort = isShortOfConnections
        return [
            APIOptions.Condition(name: "notify", state: state.rawValue, isGood: state != .degraded),
            APIOptions.Condition(name: "connections", state: isShort ? "short" : "enough", isGood: !isShort),
        ]
    }
}
#endif

/// Why a store is opened.
enum StorePurpose: Sendable {
    /// To serve or to work: the schema is brought up to date.
    case serving
    /// For one command: a schema that is shared is left as it is, as others may still run the version before.
    case command
}

extension StoreLocation {
    /// Opens the store; the only place that knows which there are.
    ///
    /// - Parameters:
    ///   - purpose: What it is opened for.
    ///   - rules: How long records stay, and how long runs may take to stop.
    ///   - logger: Where a store says what its server holds back, and nobody asked for.
    /// - Returns: The open store; close it at the end.
    /// - Throws: `inUse` with the owner's process id, `schemaTooNew`, `unavailable` and what else opening may throw.
    func open(
        _ purpose: StorePurpose,
        rules: JobRules = JobRules(),
        logger: Logger
    ) async throws(JobStoreError) -> any InstallationStore {
        switch self {
        case .sqlite(let path): return try await SQLiteJobStore(path: path, options: .init(rules: rules))
        #if Postgres
        case .postgres(var url):
            (url.options.rules, url.options.logger) = (rules, logger)
            let store = try PostgresJobStore(url)
            do throws(JobStoreError) {
                switch purpose {
                case .serving: try await store.migrate()
                case .command: try await Self.refuseOldSchema(store, url)
                }
            } catch {
                store.close()
                throw error
            }
            return store
        #endif
        }
    }

    #if Postgres
    private static func refuseOldSchema(_ store: PostgresJobStore, _ url: PostgresURL) async throws(JobStoreError) {
        let missing = try await store.migrations().filter { !$0.isApplied }.map(\.name)
        guard !missing.isEmpty else { return try await store.refuseUnfinishedCopy() }
        throw JobStoreError(
            .unavailable,
            "The schema \"\(url.options.schema)\" of \(url) lacks \(missing.joined(separator: ", ")). "
                + "Run errand migrate or errand serve with this version first."
        )
    }
    #endif
}
#endif
