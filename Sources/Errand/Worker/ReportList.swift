import Synchronization

/// The runs that have something to report.
final class ReportList: Sendable {
    private let runs = Mutex<[JobRun]>([])
    let added = Signal()

    func add(_ run: JobRun) {
        let isFirst = runs.withLock { runs in
            runs.append(run)
            return runs.count == 1
        }
        if isFirst { added.signal() }
    }

    func takeAll() -> [JobRun] {
        runs.withLock { runs in
            defer { runs = [] }
            return runs
        }
    }
}
