#if Files
import Dispatch  // For threads that may wait for a disk.

/// Runs an actor's work on a dispatch queue, where waiting for a disk holds up nobody else.
///
/// Swift's own pool has one thread per core: two slow disk writes on it would stop every handler, connection and timer
/// of a two-core machine. Each actor that reads or writes a file has a queue of its own, and Dispatch adds threads for
/// those that wait. One hop costs a few microseconds, which a chunk of 128 KiB does not notice.
final class FileExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
#endif
