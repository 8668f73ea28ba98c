import DequeModule

/// What a worker holds, as plain data: who runs, what waits, what is to be recorded.
struct WorkerState {
    /// How far the worker is on its way out.
    enum Stage: Int, Comparable {
        case running, draining, stopping

        static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    /// An end to be recorded.
    struct End {
        var run: JobRun
        var settlement: Settlement
    }

    /// What to ask the store for next: ends to record and jobs to claim, at the same time.
    struct Round {
        var ends: [End]
        var claimLimit: Int
    }

    struct IdleSlot {
        let slot: Slot
        let continuation: CheckedContinuation<JobRun?, Never>
    }

    private(set) var stage = Stage.running
    /// An operator wants nothing more to be claimed; what is claimed is run.
    private(set) var isQuiet = false
    /// Claimed, and not started yet.
    private(set) var buffer: Deque<JobRun> = []
    private(set) var idle: [IdleSlot] = []
    /// How many handlers run.
    private(set) var active = 0
    /// How many claimed jobs have no recorded end yet.
    private(set) var open = 0
    private(set) var pending: [End] = []
    /// Ends on their way to the store; their leases still have to be renewed.
    private(set) var settling: [End] = []
    var slots: [Slot?]
    private var prefetch: Prefetch
    private let concurrency: Int
    /// Whether there may be something to claim.
    private var mayClaim = true
    /// A round's claim is under way.
    private var isClaiming = false
    /// The store had nothing, so a claim may wait there.
    private var mayStandBy = false
    /// A claim waits in the store.
    private(set) var isStandingBy = false
    private var wakes = 0
    private var wakesAtClaim = 0

    init(concurrency: Int, prefetchLimit: Int) {
        let concurrency = max(1, concurrency)
        self.concurrency = concurrency
        slots = Array(repeating: nil, count: concurrency)
        prefetch = Prefetch(limit: prefetchLimit, slots: concurrency)
    }

    /// A claim that still waits may bring jobs, which are owed a release.
    var isDrained: Bool { stage > .running && !isStandingBy && open == 0 && active == 0 }

    /// All runs whose lease this worker needs.
    var held: [JobRun] {
        var runs = Array(buffer)
        runs += slots.compactMap { $0?.current }.filter { !$0.isSettled }
        runs += pending.lazy.map(\.run)
        runs += settling.lazy.map(\.run)
        return runs
    }

    /// How many more jobs could be started, or held ahead.
    private var room: Int { max(0, concurrency + prefetch.ahead - buffer.count - active) }

    private var claimLimit: Int {
        guard stage == .running, !isQuiet, mayClaim, !isStandingBy else { return 0 }
        return room
    }

    /// Stops claiming for now, or goes on with it; whether that is news.
    mutating func beQuiet(_ isQuiet: Bool) -> Bool {
        guard isQuiet != self.isQuiet else { return false }
        self.isQuiet = isQuiet
        return true
    }

    mutating func wake() {
        wakes += 1
        mayClaim = true
    }

    mutating func takeRound() -> Round? {
        let limit = claimLimit
        guard limit > 0 || !pending.isEmpty else { return nil }
        if limit > 0 {
            mayClaim = false
            isClaiming = true
            wakesAtClaim = wakes
        }
        settling = pending
        pending = []
        return Round(ends: settling, claimLimit: limit)
    }

    mutating func endSettling() { settling = [] }

    /// How many jobs a claim that waits in the store may bring; nil when none is to wait now.
    mutating func takeStandby() -> Int? {
        guard stage == .running, !isQuiet, mayStandBy, !mayClaim, !isClaiming, !isStandingBy, room > 0 else {
            return nil
        }
        isStandingBy = true
        wakesAtClaim = wakes
        return room
    }

    /// Notes that a claim brought nothing because it failed; the next one is for a wake-up to start.
    mutating func failClaim() {
        isClaiming = false
        isStandingBy = false
        mayStandBy = false
        mayClaim = wakes != wakesAtClaim
    }

    /// Takes in claimed jobs.
    ///
    /// - Parameters:
    ///   - runs: What the store gave.
    ///   - limit: How many were asked for: as many as that, and there may be more.
    /// - Returns: Those that a waiting slot starts at once.
    mutating func add(_ runs: [JobRun], limit: Int) -> [(IdleSlot, JobRun)] {
        open += runs.count
        // A claim that waited and brought nothing was called off to look again.
        let isCalledOff = isStandingBy && runs.isEmpty
        mayClaim = isCalledOff || wakes != wakesAtClaim || runs.count >= limit
        mayStandBy = true
        isClaiming = false
        isStandingBy = false
        buffer.append(contentsOf: runs)
        var started: [(IdleSlot, JobRun)] = []
        while !idle.isEmpty, let run = buffer.popFirst() {
            let slot = idle.removeLast()
            slot.slot.begin(run)
            active += 1
            started.append((slot, run))
        }
        return started
    }

    /// The next job for a slot; nil when it has to wait, or nothing more is started.
    mutating func next(for slot: Slot) -> JobRun? {
        guard stage == .running, let run = buffer.popFirst() else { return nil }
        slot.begin(run)
        active += 1
        return run
    }

    /// Takes back what will not be started.
    mutating func takeBuffer() -> [JobRun] {
        defer { buffer = [] }
        return Array(buffer)
    }

    mutating func wait(_ slot: IdleSlot) { idle.append(slot) }

    mutating func endHandler(after elapsed: Duration?) {
        active -= 1
        if let elapsed { prefetch.record(elapsed) }
    }

    mutating func add(_ end: End) { pending.append(end) }

    /// Notes that runs have a recorded end, or that there is none to record.
    mutating func close(_ count: Int) { open -= count }

    /// Stops claiming; returns the slots that wait in vain and the jobs that will not be started.
    mutating func stop(_ stage: Stage) -> (idle: [IdleSlot], unstarted: [JobRun]) {
        guard stage > self.stage else { return ([], []) }
        self.stage = stage
        defer {
            idle = []
            buffer = []
        }
        return (idle, Array(buffer))
    }
}
