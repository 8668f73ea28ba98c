#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// Tickets for streams: an `EventSource` cannot send a header, and a credential in a URL would be in logs.
///
/// A ticket is signed for one path, good for a minute, and spent in the store when it is used.
struct StreamTickets: Sendable {
    static let lifetime: Duration = .seconds(60)
    /// The parameter of a query that has it.
    static let parameter = "ticket"

    let sessions: BrowserSessions
    let store: any SpentTokenStore
    let clock: any JobClock
    let random: RandomSource
    private let codec: PassCodec

    init(
        sessions: BrowserSessions,
        store: any SpentTokenStore,
        clock: any JobClock,
        random: RandomSource,
        secret: [UInt8]
    ) {
        self.sessions = sessions
        self.store = store
        self.clock = clock
        self.random = random
        codec = PassCodec(secret: secret, purpose: "ticket")
    }

    /// A ticket for a path, for whoever asks.
    func make(for path: String, _ context: APIContext) -> String {
        let pass = Pass(
            context.principal,
            id: "t_" + Base64URL.encode(Data(random.bytes(16))),
            expiresAt: clock.now().wall.later(by: Self.lifetime),
            session: context.session
        )
        return codec.encode(pass, for: [path])
    }

    /// The ticket in a request's query; nil when there is none.
    static func ticket(in request: Request) throws(Problem) -> String? {
        guard let query = request.uri.query else { return nil }
        let tickets = query.split(at: "&").filter { $0.hasPrefix("\(parameter)=") }
        guard tickets.count <= 1 else { throw refused }
        return tickets.first.map { String($0.dropFirst(parameter.utf8.count + 1)) }
    }

    /// Takes a ticket, once; answers whose it is, and how long that lasts.
    func redeem(_ ticket: String, for path: String) async throws -> (Principal, BrowserSession?) {
        guard let pass = codec.decode(ticket, for: [path]), let principal = try await sessions.bearer(of: pass) else {
            throw Self.refused
        }
        if let session = pass.session, try await !sessions.isOpen(session) { throw Self.refused }
        guard try await store.spend(token: pass.id, until: pass.expiresAt) else { throw Self.refused }
        // The stream goes on when the ticket is over, and not when the session is that it was got by.
        return (principal, pass.session)
    }

    private static var refused: Problem {
        .unauthenticated("invalid_token", "The ticket is not for this path, was used before, or is over.")
    }
}
#endif
