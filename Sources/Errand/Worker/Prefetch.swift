/// How many jobs to claim beyond the free slots: what the slots will finish in about 5 ms.
///
/// Claims and settles of short jobs cost more than their runs; see decision 0003.
struct Prefetch {
    private static let horizon = 0.005
    /// Runs that take longer gain nothing that would pay for holding jobs other workers could start.
    private static let longestRun = 0.000_5
    private static let weight = 1.0 / 32

    let limit: Int
    let slots: Int
    private(set) var meanRun = 1.0
    private var isMeasured = false

    init(limit: Int, slots: Int) {
        self.limit = limit
        self.slots = slots
    }

    mutating func record(_ elapsed: Duration) {
        let seconds = elapsed.seconds
        meanRun = isMeasured ? meanRun + (seconds - meanRun) * Self.weight : seconds
        isMeasured = true
    }

    /// How many jobs to hold beyond those that run.
    var ahead: Int {
        guard isMeasured, meanRun < Self.longestRun else { return 0 }
        return min(limit, Int(saturating: Double(slots) * Self.horizon / max(meanRun, 1e-7)))
    }
}
