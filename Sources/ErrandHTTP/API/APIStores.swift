#if Server
public import Errand

/// Where the API finds jobs, uploads and datasets.
public struct APIStores: Sendable {
    /// The jobs.
    public var jobs: any JobStore
    /// The records of uploads.
    public var uploads: any UploadStore
    /// The imported rows.
    public var datasets: any DatasetStore

    /// The API keys.
    public var keys: any APIKeyStore
    /// What operators did.
    public var audit: any AuditStore
    /// The webhooks.
    public var webhooks: any WebhookStore

    /// Names each store on its own.
    public init(
        jobs: any JobStore,
        uploads: any UploadStore,
        datasets: any DatasetStore,
        keys: any APIKeyStore,
        audit: any AuditStore,
        webhooks: any WebhookStore
    ) {
        self.jobs = jobs
        self.uploads = uploads
        self.datasets = datasets
        self.keys = keys
        self.audit = audit
        self.webhooks = webhooks
    }

    /// Takes one store that keeps all of it, as the built-in ones do.
    public init(_ store: some JobStore & UploadStore & DatasetStore & APIKeyStore & AuditStore & WebhookStore) {
        self.init(jobs: store, uploads: store, datasets: store, keys: store, audit: store, webhooks: store)
    }
}

/// Where the API finds the bytes of files.
public struct APIFiles: Sendable {
    /// The files.
    public var objects: any ObjectStore
    /// Checks the links to files that this server hands out itself; nil when the store serves its own.
    public var links: (any FileLinks)?

    /// Names the store of files.
    public init(objects: any ObjectStore, links: (any FileLinks)? = nil) {
        self.objects = objects
        self.links = links
    }
}
#endif
