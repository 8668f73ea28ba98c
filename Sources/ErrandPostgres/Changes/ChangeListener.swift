#if Postgres
import Errand
// Thread, which FoundationEssentials does not have.
import Foundation
import Synchronization

/// Hears what other processes changed, on a connection and a thread of its own.
///
/// Begins when somebody first wants to hear of changes. Whatever happened while there was no connection is made good by
/// waking every queue with work and telling subscribers that they may have missed jobs.
final class ChangeListener: Sendable {
    private enum State {
        case idle, running, closed
    }

    private let state = Mutex(State.idle)
    private let finished = DispatchSemaphore(value: 0)
    private let alarm: WakePipe
    private let settings: (url: String, schema: String, channel: String, sender: String)
    private let hub: ChangeHub

    init(
        url: String,
        schema: String,
        channel: String,
        sender: String,
        hub: ChangeHub
    ) throws(JobStoreError) {
        settings = (url, schema, channel, sender)
        self.hub = hub
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
        let thread = Thread { [self] in
            run()
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
        var failures = 0
        var isFirst = true
        while !isClosed {
            do throws(JobStoreError) {
                let connection = try PostgresConnection(url: settings.url, schema: settings.schema)
                try connection.runAll("LISTEN \"\(settings.channel)\"")
                try catchUp(on: connection, hasMissedJobs: !isFirst)
                (failures, isFirst) = (0, false)
                try pass(from: connection)
            } catch {
                failures += 1
                // Polling goes on behind this; a server that comes back is not met by everybody at once.
                alarm.wait(atMost: .milliseconds(Int.random(in: 0...min(1000, 50 << min(failures, 10)))))
            }
        }
    }

    /// Tells what was missed: nobody listened until now.
    private func catchUp(on connection: PostgresConnection, hasMissedJobs: Bool) throws(JobStoreError) {
        var changes = StoreChanges()
        changes.isIncomplete = hasMissedJobs
        let queues = try connection.runAll("SELECT DISTINCT queue FROM errand.live WHERE claimable")
            .map { (row) throws(JobStoreError) in row.text() }
        changes.queues = Set(queues)
        if !changes.isEmpty { hub.publish(changes) }
    }

    private func pass(from connection: PostgresConnection) throws(JobStoreError) {
        while !isClosed {
            var changes = StoreChanges()
            for message in try connection.notifications() {
                if let told = ChangeMessage.decode(message, apartFrom: settings.sender) { changes.merge(told) }
            }
            if !changes.isEmpty { hub.publish(changes) }
            alarm.wait(orReadable: connection.socket)
        }
    }
}
#endif
