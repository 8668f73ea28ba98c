#if Postgres
import Errand
// Thread, which FoundationEssentials does not have.
import Foundation
import Synchronization

/// Hears what other processes changed, on a connection and a thread of its own.
///
/// Begins when somebody first wants to hear of changes. It notifies itself every so often: a silent connection is given
/// up and made again. Whatever happened while nothing was heard is made good by waking every queue with work and
/// telling subscribers that they may have missed jobs; that goes on every few seconds where nothing is heard at all.
final class ChangeListener: Sendable {
    private enum State {
        case idle, running, closed
    }

    private let state = Mutex(State.idle)
    private let finished = DispatchSemaphore(value: 0)
    private let alarm: WakePipe
    /// Where to listen; nil where one cannot, and subscribers are only told to look again.
    private let address: PostgresAddress?
    private let rhythm: ListeningRhythm
    private let sender: ChangeSender
    private let poller: ChangePoller
    private let hub: ChangeHub
    let health = NotificationHealth()

    init(
        _ address: PostgresAddress?,
        rhythm: ListeningRhythm,
        sender: ChangeSender,
        pool: PostgresPool,
        hub: ChangeHub
    ) throws(JobStoreError) {
        (self.address, self.rhythm, self.sender, self.hub) = (address, rhythm, sender, hub)
        poller = ChangePoller(pool: pool, hub: hub)
        alarm = try WakePipe()
    }

    /// Starts the thread, the first time.
    func start() {
        let starts = state.withLock { state in
            guard state == .idle else { return false }
            state = .running
            return true
        }
        guard starts else { return }
        if address != nil { health.set(.starting) }
        let thread = Thread { [self] in
            run()
            health.set(.off)
            finished.signal()
        }
        thread.name = "errand-listen"
        thread.start()
    }

    /// Ends the thread, and returns when it has ended.
    func close() {
        let before = state.withLock { state in
            defer { state = .closed }
            return state
        }
        guard before == .running else { return }
        alarm.wake()
        finished.wait()
    }

    private var isClosed: Bool { state.withLock { $0 == .closed } }

    private func run() {
        guard let address else { return poll() }
        var failures = 0
        var isFirst = true
        while !isClosed {
            do throws(JobStoreError) {
                let connection = try PostgresConnection(address, role: "/listen")
                try connection.runAll("LISTEN \"\(sender.channel)\"")
                try hub.publish(ChangePoller.changes(on: connection, hasMissedJobs: !isFirst))
                isFirst = false
                try pass(from: connection, failures: &failures)
            } catch {
                failures += 1
                health.set(.degraded)
                poller.tell()
                // A server that comes back is not met by everybody at once.
                alarm.wait(atMost: .milliseconds(Int.random(in: 0...min(1000, 50 << min(failures, 10)))))
            }
        }
    }

    private func poll() {
        while !isClosed {
            alarm.wait(atMost: rhythm.poll)
            poller.tell()
        }
    }

    private func pass(from connection: PostgresConnection, failures: inout Int) throws(JobStoreError) {
        let start = ContinuousClock.now
        var pings = ListeningPings(rhythm, at: .zero)
        while !isClosed {
            switch pings.next(at: start.duration(to: .now)) {
            case .send(let nonce): sender.ping(nonce)
            case .wait(let duration): alarm.wait(orReadable: connection.socket, atMost: duration)
            case .giveUp: throw JobStoreError(PostgresError("a notification to oneself did not come back"))
            }
            let messages = try connection.notifications()
            let nonces = messages.compactMap { ChangeMessage.nonce(in: $0, from: sender.name) }
            for nonce in nonces where pings.hear(nonce, at: start.duration(to: .now)) {
                failures = 0
                health.set(.working)
            }
            publish(messages)
        }
    }

    private func publish(_ messages: [String]) {
        var changes = StoreChanges()
        for message in messages {
            if let told = ChangeMessage.decode(message, apartFrom: sender.name) { changes.merge(told) }
        }
        if !changes.isEmpty { hub.publish(changes) }
    }
}
#endif
