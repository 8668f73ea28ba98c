#if Server
public import Errand

/// What an installation may set about its HTTP API.
public struct APIOptions: Sendable {
    /// Who is let in.
    public var access = Access.loopback
    /// Takes JSON Web Tokens as credentials beside API keys; nil where none are taken.
    public var tokens: TokenVerifier?
    /// What protects requests on their way.
    public var transport = Transport.plain
    /// Whether `/metrics` is on a port of its own (``ErrandAPI/adminService(port:onListening:)``), and not on this one.
    public var hasAdminPort = false
    /// For how long a key that was looked up is good without asking the store again; what another process revokes ends
    /// after as long at the latest.
    public var keyLifetime: Duration = .seconds(10)
    /// How often the credential of an open stream is looked at again, at most 60 s.
    public var streamAccessInterval: Duration = .seconds(30)
    /// The most bytes a JSON body may have.
    public var maximumBodyBytes = 1024 * 1024
    /// The most bytes the body of a bulk submit may have.
    public var maximumBulkBytes = 8 * 1024 * 1024
    /// The most bytes an upload may have.
    public var maximumUploadBytes: Int64 = 5 * 1024 * 1024 * 1024
    /// The most bytes a request's path and query may have.
    public var maximumTargetBytes = 8 * 1024
    /// The most bytes a request's header fields may have.
    public var maximumHeaderBytes = 32 * 1024
    /// For how long an upload waits for a job to use it.
    public var uploadLifetime: Duration = .seconds(24 * 3600)
    /// For how long a link to a file is valid.
    public var linkLifetime: Duration = .seconds(15 * 60)
    /// For how long slow clients are waited for.
    public var patience = ClientPatience()
    /// How many connections may be open at a time; further ones wait to be accepted.
    public var maximumConnections = 20_000
    /// How many streams of events may be open at a time in this process.
    public var maximumStreams = 10_000
    /// How many wrong credentials an address may send in a minute before it has to wait, 1 or more.
    public var maximumWrongCredentials = 30
    /// What each tenant may have and do at most.
    public var quotas = TenantQuotas()
    /// How often a stream without news says that it is alive.
    public var heartbeatInterval: Duration = .seconds(15)
    /// How far apart two events of one stream are at least; the end of a job is told at once.
    public var streamInterval: Duration = .milliseconds(250)
    /// For how long the claims of workers elsewhere hold without a heartbeat.
    public var workerLease: Duration = .seconds(30)
    /// How often workers elsewhere are asked to say that they live, and to renew their leases.
    public var workerHeartbeat: Duration = .seconds(5)
    /// How long runs may take to stop whose time is over; the store's ``JobRules/stopping``.
    public var stopping = StoppingTimes()
    /// Decides where webhooks may go.
    public var outbound = OutboundGuard()
    /// How long after its deadline a run of a worker elsewhere is still there to be ended as timed out.
    var deadlineGrace: Duration { workerHeartbeat * 2 }
    /// Signs cursors, leases and the names of workers elsewhere, so that each is valid on every server that has the
    /// secret, and after a restart.
    ///
    /// When nil, a random secret is made for the process: after a restart a client that pages starts again, and workers
    /// elsewhere lose what they run.
    public var secret: [UInt8]?
    /// Tells the time.
    public var clock: any JobClock = SystemJobClock()
    /// Waits for a time; throws when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// Where randomness comes from.
    public var random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    /// All metrics of the process in Prometheus' text format, for `/metrics`; nil where none are kept.
    public var metricsText: (@Sendable () -> String)?
    /// Throws when the server should get no requests; asked by `/readyz` after the store was.
    public var readiness: @Sendable () async throws -> Void = {}
    /// Whether a server whose store or files cannot be written should get no requests.
    ///
    /// Otherwise `/readyz?verbose` says so and it stays ready, as what is stored can still be read.
    public var requiresWrites = false
    /// What `/readyz?verbose` says beside its checks; nothing of it makes the server unready.
    public var conditions: @Sendable () -> [Condition] = { [] }

    /// Creates the defaults.
    public init() {}

    /// Who is let in.
    public enum Access: Sendable, Hashable {
        /// Everybody on this machine, and no page of another site; nobody is asked for a credential.
        case loopback
        /// Whoever has an API key, or a token where ``APIOptions/tokens`` takes it.
        case keys
    }

    /// What protects requests on their way.
    public enum Transport: Sendable, Hashable {
        /// Nothing: they come from this machine.
        case plain
        /// TLS, which the server speaks itself.
        case tls
        /// A proxy in front of the server, which speaks TLS.
        case proxy
    }

    /// A state of the installation that an operator wants to see.
    public struct Condition: Sendable, Hashable {
        /// Its name, such as `notify`.
        public var name: String
        /// The state in a word, such as `working`.
        public var state: String
        /// Whether it is as it should be.
        public var isGood: Bool

        /// Creates a condition.
        public init(name: String, state: String, isGood: Bool) {
            self.name = name
            self.state = state
            self.isGood = isGood
        }
    }
}
#endif
