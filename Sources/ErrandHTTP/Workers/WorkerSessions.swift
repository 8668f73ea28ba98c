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
    private struct Session {
        var announcement: WorkerAnnouncement
        /// When it was heard of, on the steady clock.
        var heardAt: Duration
    }

    private let store: any JobStore
    private let clock: any JobClock
    private let signer: MessageSigner
    private let sessions = Mutex<[String: Session]>([:])

    init(store: any JobStore, clock: any JobClock, secret: [UInt8]) {
        self.store = store
        self.clock = clock
        signer = MessageSigner(secret: secret, purpose: "worker")
    }

    /// A new identifier for a worker whose credential reaches a scope.
    func makeIdentifier(for scope: Scope, random: RandomSource) -> String {
        let content = Data(random.bytes(16))
        return "w_" + Base64URL.encode(content + signature(content, scope))
    }

    /// Whether an identifier was made for a worker with that scope.
    func isIdentifier(_ id: String, for scope: Scope) -> Bool {
        guard id.hasPrefix("w_"), id.utf8.count == 45, let data = Base64URL.decode(String(id.dropFirst(2))) else {
            return false
        }
        return ConstantTime.areEqual(signature(Data(data.prefix(16)), scope), data.dropFirst(16))
    }

    /// An identifier that was made for a worker with that scope; throws `session-expired` for any other text.
    func identifier(_ text: String, for scope: Scope) throws(Problem) -> String {
        guard isIdentifier(text, for: scope) else { throw Self.expired(text) }
        return text
    }

    private func signature(_ content: Data, _ scope: Scope) -> Data {
        signer.signature(of: content, for: scope.words).prefix(16)
    }

    /// Makes a worker known, or what it says of itself now.
    func announce(_ worker: WorkerAnnouncement) async throws {
        try await store.announce(worker)
        let heardAt = clock.now().steady
        sessions.withLock { sessions in
            sessions = sessions.filter { heardAt - $0.value.heardAt < $0.value.announcement.lifetime }
            sessions[worker.id] = Session(announcement: worker, heardAt: heardAt)
        }
    }

    /// What a worker said of itself last; throws `session-expired` when it has been silent for long, or never was.
    func worker(_ id: String, for scope: Scope) async throws -> WorkerAnnouncement {
        let id = try identifier(id, for: scope)
        if let known = heardOf(id) { return known }
        let workers = try await store.workers(scope: .system)
        guard let worker = workers.first(where: { $0.announcement.id == id }),
            worker.heartbeatAge < worker.announcement.lifetime
        else { throw Self.expired(id) }
        return worker.announcement
    }

    private func heardOf(_ id: String) -> WorkerAnnouncement? {
        let now = clock.now().steady
        return sessions.withLock { sessions in
            guard let session = sessions[id], now - session.heardAt < session.announcement.lifetime else { return nil }
            return session.announcement
        }
    }

    /// Forgets a worker that has ended.
    func withdraw(_ id: String) async throws {
        try await store.withdraw(worker: id)
        sessions.withLock { $0[id] = nil }
    }

    private static func expired(_ id: String) -> Problem {
        Problem(
            .sessionExpired,
            "No session \"\(id.quotable)\" is known: it ended, or was silent for long. Open one with this workerId."
        )
    }
}
#endif
