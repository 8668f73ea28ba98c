#if Postgres
import Errand
import ErrandTesting
import Testing

@testable import ErrandPostgres

/// Notifications that do not arrive, and how that is noticed.
@Suite(.timeLimit(.minutes(5)))
struct LostNotificationTests {
    /// A store that cannot hear what another does, and the other one.
    private func withDeaf(
        listeningOn url: String?,
        _ body: (_ deaf: PostgresJobStore, _ other: PostgresJobStore) async throws -> Void
    ) async throws {
        try await TemporarySchema.withName { name in
            let other = try await TemporarySchema.open(name, clock: nil, connections: 1)
            defer { other.close() }
            let deaf = try await TemporarySchema.open(name, clock: nil, connections: 1, access: .pooled) { options in
                (options.listening, options.listenURL) = (.hasty, url)
            }
            defer { deaf.close() }
            try await body(deaf, other)
        }
    }

    @Test("where a pooler swallows notifications they are degraded, and jobs of others are found all the same")
    func swallowed() async throws {
        let url = try TestAccess.pooled.url()
        try await withDeaf(listeningOn: url) { deaf, other in
            #expect(deaf.notifications == .off)
            #expect(await deaf.checkNotifications() == .degraded)
            for _ in 0..<3 { try await hearLate(deaf, other) }
        }
    }

    @Test("without a URL to listen on nobody listens, and jobs of others are found all the same")
    func noListener() async throws {
        try await withDeaf(listeningOn: nil) { deaf, other in
            for _ in 0..<3 { try await hearLate(deaf, other) }
            #expect(await deaf.checkNotifications() == .off)
        }
    }

    /// A claim that waits is served, and who follows jobs is told to look again.
    private func hearLate(_ deaf: PostgresJobStore, _ other: PostgresJobStore) async throws {
        async let claim = deaf.claimWhenReady(.work())
        let inserted = try await other.insert([NewJob(type: "work")], scope: .default)
        #expect(try await claim.jobs.map(\.lease.id) == inserted.map(\.id))
        var stream = deaf.changes(.jobs)
        while let changes = await stream.next(), !changes.isIncomplete {}
    }

    @Test("a store that listens says so, and one that is closed does not")
    func states() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil, connections: 1)
            #expect(store.notifications == .off)
            #expect(await store.checkNotifications() == .working)
            #expect(store.notifications == .working)
            store.close()
            #expect(store.notifications == .off)
        }
    }

    @Test("a name of nine kilobytes is refused, and so never notified")
    func longNames() async throws {
        try await TemporarySchema.with { store, _ in
            let job = NewJob(type: "work", queue: Name(String(repeating: "q", count: 9000)))
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await store.insert([job], scope: .default)
            }
            #expect(error?.code == .invalid && error?.pointer == "/0/queue")
        }
    }
}

/// When a listener pings, in a time that the test makes.
@Suite(.timeLimit(.minutes(5)))
struct ListeningPingsTests {
    private let rhythm = ListeningRhythm(interval: .seconds(10), patience: .seconds(3))

    private func sent(_ step: ListeningPings.Step) throws -> String {
        guard case .send(let nonce) = step else { throw JobStoreError(.invalid, "no ping but \(step)") }
        return nonce
    }

    @Test("it pings at once, and again ten seconds after each that came back")
    func rhythmic() throws {
        var pings = ListeningPings(rhythm, at: .seconds(100))
        let first = try sent(pings.next(at: .seconds(100)))
        #expect(pings.next(at: .seconds(101)) == .wait(.seconds(2)))
        #expect(pings.hear(first, at: .seconds(102)) == true)
        #expect(pings.next(at: .seconds(102)) == .wait(.seconds(10)))
        #expect(pings.next(at: .seconds(111)) == .wait(.seconds(1)))
        let second = try sent(pings.next(at: .seconds(112)))
        #expect(second != first)
    }

    @Test("a ping that is not back after three seconds is the end, whatever else is heard")
    func silent() throws {
        var pings = ListeningPings(rhythm, at: .zero)
        let nonce = try sent(pings.next(at: .zero))
        #expect(pings.hear(nonce + "x", at: .seconds(1)) == false)
        #expect(pings.next(at: .milliseconds(2999)) == .wait(.milliseconds(1)))
        #expect(pings.next(at: .seconds(3)) == .giveUp)
    }

    @Test("a ping counts once, and not before it is sent")
    func once() throws {
        var pings = ListeningPings(rhythm, at: .zero)
        #expect(pings.hear("", at: .zero) == false)
        let nonce = try sent(pings.next(at: .zero))
        #expect(pings.hear(nonce, at: .seconds(1)) == true)
        #expect(pings.hear(nonce, at: .seconds(2)) == false)
        #expect(pings.next(at: .seconds(2)) == .wait(.seconds(9)))
    }

    @Test("a ping is a message that only its sender understands")
    func message() {
        let ping = ChangeMessage.ping("abc", from: "me")
        #expect(ChangeMessage.nonce(in: ping, from: "me") == "abc")
        #expect(ChangeMessage.nonce(in: ping, from: "you") == nil)
        #expect(ChangeMessage.decode(ping, apartFrom: "you")?.isEmpty == true)
        #expect(ChangeMessage.nonce(in: "me\n[\"q\",\"abc\"]", from: "me") == nil)
        #expect(ChangeMessage.nonce(in: "me\nnonsense", from: "me") == nil)
    }
}
#endif
