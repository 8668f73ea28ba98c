#if Server
import Errand
import FoundationEssentials
import Synchronization

/// The workers elsewhere that this server has heard of.
///
/// A session is an announcement in the store under an identifier that is signed for what the worker's credential
/// reaches, so that nobody can speak for a worker of another tenant. What is kept here saves reading the store's list;
/// a server that was not spoken to before reads it once.
final class WorkerSessions: Sendable {
    /// What is known of a worker.
    struct Session {
        var announcement: WorkerAnnouncement
        /// What an operator wants of it.
        var wanted: WantedState
        /// When it was heard of, on the steady clock.
        fileprivate var heardAt: Duration
        fileprivate var hasEnded = false

        /// Whether it may be given jobs: it works, and nobody wants it to stop.
        var mayClaim: Bool { announcement.state == .run && wanted == .run && !hasEnded }
    }

    private struct State {
        var sessions: [Name: Session] = [:]
        /// The claims of each worker that wait here.
        var waits: [Name: [Int: AsyncStream<Void>.Continuation]] = [:]
        var lastWait = 0
    }

    private let store: any JobStore
    private let clock: any JobClock
    private let signer: MessageSigner
    private let state = Mutex(State())

    init(store: any JobStore, clock: any JobClock, secret: [UInt8]) {
        self.store = store
        self.clock = clock
        signer = MessageSigner(secret: secret, purpose: "worker")
    }

    /// A new identifier for a worker whose credential reaches a scope.
    func makeIdentifier(for scope: Scope, random: RandomSource) -> Name {
        let content = Data(random.bytes(16))
        return Name("w_" + Base64URL.encode(content + signature(content, scope)))
    }

    /// Whether an identifier was made for a worker with that scope.
    func isIdentifier(_ id: Name, for scope: Scope) -> Bool {
        guard id.hasPrefix("w_"), id.utf8.count == 45, let data = Base64URL.decode(String(id.text.dropFirst(2))) else {
            return false
        }
        return ConstantTime.areEqual(signature(Data(data.prefix(16)), scope), data.dropFirst(16))
    }

    /// An identifier that was made for a worker with that scope; throws `session-expired` for any other text.
    func identifier(_ id: Name, for scope: Scope) throws(Problem) -> Name {
        guard isIdentifier(id, for: scope) else { throw Self.expired(id) }
        return id
    }

    private func signature(_ content: Data, _ scope: Scope) -> Data {
        signer.signature(of: content, for: scope.words).prefix(16)
    }

    /// Makes a worker known, or what it says of itself now; answers what an operator wants of it.
    ///
    /// When it is not to be given any more jobs, its claims that wait here end.
    func announce(_ worker: WorkerAnnouncement) async throws -> WantedState {
        let wanted = try await store.announce(worker)
        note(Session(announcement: worker, wanted: wanted, heardAt: clock.now().steady))
        return wanted
    }

    private func note(_ session: Session) {
        let id = session.announcement.id
        let over = state.withLock { state in
            state.sessions = state.sessions.filter {
                session.heardAt - $0.value.heardAt < $0.value.announcement.lifetime
            }
            state.sessions[id] = session
            return session.mayClaim ? [] : Array((state.waits.removeValue(forKey: id) ?? [:]).values)
        }
        for wait in over { wait.finish() }
    }

    /// What a worker said of itself last; throws `session-expired` when it has been silent for long, or never was.
    func session(_ id: Name, for scope: Scope) async throws -> Session {
        let id = try identifier(id, for: scope)
        let now = clock.now().steady
        if let known = state.withLock({ $0.sessions[id] }), now - known.heardAt < known.announcement.lifetime {
            guard !known.hasEnded else { throw Self.expired(id) }
            return known
        }
        let workers = try await store.workers(scope: .system)
        guard let worker = workers.first(where: { $0.announcement.id == id }),
            worker.heartbeatAge < worker.announcement.lifetime
        else { throw Self.expired(id) }
        return Session(announcement: worker.announcement, wanted: worker.wanted, heardAt: now)
    }

    /// Returns when a worker is not to be given any more jobs, as far as this server hears of it, or when the task is
    /// cancelled.
    func endOfClaims(of id: Name) async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let key = state.withLock { state -> Int? in
            guard state.sessions[id]?.mayClaim ?? true else { return nil }
            state.lastWait += 1
            state.waits[id, default: [:]][state.lastWait] = continuation
            return state.lastWait
        }
        guard let key else { return }
        for await _ in stream {}
        state.withLock { state in
            state.waits[id]?[key] = nil
            if state.waits[id]?.isEmpty == true { state.waits[id] = nil }
        }
    }

    /// Forgets a worker that has ended, and ends its claims that wait here.
    func withdraw(_ id: Name) async throws {
        try await store.withdraw(worker: id)
        guard var session = state.withLock({ $0.sessions[id] }) else { return endWaits(of: id) }
        session.hasEnded = true
        note(session)
    }

    private func endWaits(of id: Name) {
        let over = state.withLock { $0.waits.removeValue(forKey: id) ?? [:] }
        for wait in over.values { wait.finish() }
    }

    private static func expired(_ id: Name) -> Problem {
        Problem(
            .sessionExpired,
            "No session \"\(id.text.quotable)\" is known: it ended or was silent for long. Open one with this workerId."
        )
    }
}
#endif
