#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore

@testable import ErrandHTTP

/// An API over a store in memory, and what a test needs to look behind it.
struct TestAPI: Sendable {
    let clock: ManualClock
    let memory: MemoryJobStore
    let store: ScriptedStore
    let objects = MemoryObjects()
    let datasets = FixedDatasets()
    let api: ErrandAPI
    private let contract: ContractCheck

    /// What was logged.
    let log = RecordedLog()

    init(configure: (inout APIOptions) -> Void = { _ in }) {
        clock = ManualClock()
        memory = MemoryJobStore(clock: clock)
        store = ScriptedStore(memory)
        var options = APIOptions()
        options.clock = clock
        options.secret = Array("a secret for tests".utf8)
        // Nothing is asked of the network.
        options.outbound.resolve = { host in host.hasSuffix(".example") ? ["8.8.8.8"] : [] }
        configure(&options)
        api = ErrandAPI(
            stores: APIStores(store, datasets: datasets),
            files: APIFiles(objects: objects, links: objects),
            types: Self.types,
            options: options,
            logger: log.logger
        )
        contract = ContractCheck(table: RouteTable(api.routes))
    }

    private init(beside other: TestAPI) {
        (memory, store) = (other.memory, other.store)
        let options = other.api.services.options
        clock = other.clock
        api = ErrandAPI(
            stores: APIStores(store, datasets: datasets),
            files: APIFiles(objects: objects, links: objects),
            types: Self.types,
            options: options,
            logger: log.logger
        )
        contract = ContractCheck(table: RouteTable(api.routes))
    }

    /// Another server on the same store, with the same secret.
    static func beside(_ other: TestAPI) -> TestAPI { TestAPI(beside: other) }

    private static var types: JobTypes {
        var types = JobTypes()
        types.register(JobType("Import", queue: "import", maxAttempts: 5, timeoutSeconds: 60))
        var export = JobType("Export", queue: "export")
        export.description = JobTypeDescription(
            payloadSchema: JSONSchema(own: #"{"type":"object"}"#),
            labels: ["en": "Export data", "de": "Daten ausgeben"]
        )
        types.register(export)
        var strict = JobType("strict")
        strict.description.payloadSchema = JSONSchema(
            own: #"{"required":["to"],"properties":{"to":{"type":"string"},"n":{"minimum":1}}}"#
        )
        strict.description.resultSchema = JSONSchema(own: #"{"type":"object","required":["pages"]}"#)
        types.register(strict)
        types.register(
            JobType("picky") { (job) throws(JobStoreError) in
                guard job.payload.string.contains("please") else {
                    throw JobStoreError(.invalid, "/payload/word: say please", pointer: "/payload/word")
                }
                job.priority = 7
            }
        )
        return types
    }

    /// Sends one request without a network, and holds the answer to what the route declares.
    func send(
        _ method: HTTPRequest.Method,
        _ uri: String,
        _ body: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Reply {
        var headers = headers
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        let fields = headers
        return try await Application(router: api.router()).test(.router) { client in
            let response = try await client.executeRequest(
                uri: uri,
                method: method,
                headers: fields,
                body: body.map { ByteBuffer(string: $0) }
            )
            let reply = Reply(
                status: Int(response.status.code),
                headers: response.headers,
                text: String(buffer: response.body)
            )
            contract.look(method, uri, body, reply)
            return reply
        }
    }

    func get(_ uri: String, headers: HTTPFields = [:]) async throws -> Reply {
        try await send(.get, uri, headers: headers)
    }

    /// Stores a job and answers its identifier.
    func submit(_ type: Name = "Import", _ change: (inout NewJob) -> Void = { _ in }) async throws -> JobID {
        var job = NewJob(type: type, queue: Name(type.text.lowercased()))
        change(&job)
        return try await memory.insert([job], scope: .default)[0].id
    }

    /// Takes the next job, as a worker does.
    func claim() async throws -> JobLease {
        let request = ClaimRequest(worker: "w", types: ["Import", "Export", "picky"], limit: 1, lease: .seconds(30))
        return try await memory.claim(request).jobs[0].lease
    }

    /// Ends a run.
    func settle(_ lease: JobLease, _ outcome: Settlement.Outcome) async throws {
        _ = try await memory.settle([Settlement(lease: lease, outcome: outcome)])
    }

    /// Stores a job and completes it.
    func complete(_ result: JobResult = JobResult()) async throws -> JobID {
        let id = try await submit()
        try await settle(claim(), .complete(result))
        return id
    }
}

extension APIStores {
    fileprivate init(_ store: ScriptedStore, datasets: FixedDatasets) {
        self.init(
            jobs: store,
            uploads: store,
            datasets: datasets,
            keys: store,
            audit: store,
            webhooks: store
        )
    }
}

/// What came back.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    var json: JSONText { get throws { try JSONText(validating: text) } }
    func member(_ name: String) throws -> JSONText? { try json.object()[name] }
    func string(_ name: String) throws -> String? { try member(name)?.stringValue }
    /// The last part of the problem's type.
    var problem: String? { get throws { try string("type")?.split(separator: "/").last.map(String.init) } }
    /// Where the problem lies: the pointers and parameters of its parts.
    var places: [String] {
        get throws {
            try (member("errors")?.elements() ?? []).compactMap {
                let part = try $0.object()
                return part["pointer"]?.stringValue ?? part["parameter"]?.stringValue
            }
        }
    }
    /// The codes of the problem's parts.
    var codes: [String] {
        get throws { try (member("errors")?.elements() ?? []).compactMap { try $0.object()["code"]?.stringValue } }
    }
}
#endif
