import Synchronization

/// Goes off once at the earliest of the times it was set to since it last did.
///
/// Setting it to a later time than it has costs one comparison, so that every run may set it.
final class Alarm: Sendable {
    private let due = Mutex<Duration?>(nil)
    private let changed = Signal()

    func set(_ time: Duration) {
        let isEarlier = due.withLock { due in
            if let due, due <= time { return false }
            due = time
            return true
        }
        if isEarlier { changed.signal() }
    }

    /// Waits until the alarm goes off; throws when the task is cancelled.
    func wait(_ timing: WorkerTiming) async throws {
        while true {
            try Task.checkCancellation()
            guard let time = due.withLock({ $0 }) else {
                await changed.wait()
                continue
            }
            if timing.now() >= time {
                due.withLock { $0 = nil }
                return
            }
            await sleepOrChange(until: time, timing)
        }
    }

    private func sleepOrChange(until time: Duration, _ timing: WorkerTiming) async {
        await withTaskGroup(of: Void.self) { group in
            // Cancelled when the alarm is set to an earlier time; there is nothing to do about that here.
            group.addTask { try? await timing.sleep(time) }
            group.addTask { await self.changed.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
