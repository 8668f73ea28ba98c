#if Server
import Errand

/// Prints how far a copy has come: a line when a section is done, and one a second on the way.
struct CopyProgress {
    private var printed = ContinuousClock.now
    private var current: JobCopy.Progress?

    mutating func report(_ progress: JobCopy.Progress) {
        if current?.section != progress.section { finish() }
        current = progress
        guard printed.duration(to: .now) >= .seconds(1) else { return }
        print(progress)
    }

    /// Says how the last section ended.
    mutating func finish() {
        if let current { print(current) }
        current = nil
    }

    private mutating func print(_ progress: JobCopy.Progress) {
        printed = .now
        // What was orphaned or pruned between the count and the reading is not missing.
        let total = max(progress.total, progress.done)
        StandardStream.error.print("\(progress.section.rawValue): \(progress.done.grouped) of \(total.grouped)")
    }
}
#endif
