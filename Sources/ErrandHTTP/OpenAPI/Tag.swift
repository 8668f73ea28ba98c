#if Server
/// What an operation is about; operations are grouped by it, in this order.
enum Tag: String, Sendable, CaseIterable {
    case jobs = "Jobs"
    case streams = "Streams"
    case files = "Files"
    case datasets = "Datasets"
    case types = "Job types"
    case queues = "Queues"
    case workers = "Workers"
    case protocolCalls = "Worker protocol"
    case webhooks = "Webhooks"
    case keys = "API keys"
    case session = "Session"
    case server = "Server"

    /// What belongs to it.
    var meaning: String {
        switch self {
        case .jobs: "Submitting jobs, looking at them, and operating them."
        case .streams:
            "Server-sent events. They carry state, never a difference: a client that reconnects misses nothing."
        case .files: "Files that jobs use, and those that they make."
        case .datasets: "Imported rows, by project."
        case .types: "What may be submitted."
        case .queues: "Queues, which all tenants share."
        case .workers: "Who runs jobs."
        case .protocolCalls: "For a worker in any language: it claims jobs, reports on them and says how they ended."
        case .webhooks: "Addresses that are told when jobs end, by signed requests (Standard Webhooks)."
        case .session: "Who one is, and signing in with a browser."
        case .keys: "Credentials: each for a tenant, some of its projects, and what it is needed for."
        case .server: "Health, metrics and documentation."
        }
    }
}
#endif
