import Synchronization
import Testing

@testable import Errand

@Suite("The worker's parts", .timeLimit(.minutes(5)))
struct WorkerPartsTests {
    @Test("short runs are claimed ahead, long ones are not")
    func prefetch() {
        var prefetch = Prefetch(limit: 512, slots: 20)
        #expect(prefetch.ahead == 0)
        prefetch.record(.microseconds(2))
        #expect(prefetch.ahead == 512)
        for _ in 0..<200 { prefetch.record(.microseconds(400)) }
        #expect((200...300).contains(prefetch.ahead))
        prefetch.record(.milliseconds(50))
        #expect(prefetch.ahead == 0)
    }

    @Test("a task on the executor's own thread runs while the global pool is busy")
    func threadExecutor() async throws {
        let executor = ThreadExecutor(name: "test")
        defer { executor.stop() }
        let beats = Beats()
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) {
                for _ in 0..<3 {
                    // Cannot be cancelled here.
                    try? await executor.sleep(for: .milliseconds(1))
                    beats.count.add(1, ordering: .relaxed)
                }
            }
            // More busy tasks than the pool has threads; they give way only when the heart has beaten.
            for _ in 0..<8 {
                group.addTask { while beats.count.load(ordering: .relaxed) < 3 {} }
            }
        }
        #expect(beats.count.load(ordering: .relaxed) == 3)
    }

    @Test("a sleep on the executor's thread ends when its task is cancelled")
    func cancelledSleep() async {
        let executor = ThreadExecutor(name: "test")
        defer { executor.stop() }
        let task = Task(executorPreference: executor) { try await executor.sleep(for: .seconds(3600)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a signal that nobody waits for is kept")
    func signal() async {
        let signal = Signal()
        signal.signal()
        signal.signal()
        await signal.wait()
        let waiting = Task { await signal.wait() }
        waiting.cancel()
        await waiting.value
    }
}

private final class Beats: Sendable {
    let count = Atomic<Int>(0)
}
