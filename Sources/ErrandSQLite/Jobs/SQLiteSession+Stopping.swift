import Errand
import FoundationEssentials
import Synchronization

/// A cancelled run that may still be at work; see ``Errand/StoppingRun``.
struct Stop {
    let id: JobID
    var run: StoppingRun
    /// Whose place it holds.
    let key: CountKey
}

/// The runs that are stopping, by job number: the writer thread changes it, readers look.
final class StopTable: Sendable {
    private struct State {
        var stops: [Int64: Stop] = [:]
        /// The first of their ends; nil where it has to be looked for, or there are none.
        var firstEnd: Duration?
    }

    private let state = Mutex(State())

    subscript(number: Int64) -> Stop? { state.withLock { $0.stops[number] } }

    /// The run a lease is for, while it is stopping.
    subscript(lease: JobLease) -> Stop? {
        guard let stop = self[lease.number], stop.run.fence == lease.fence, stop.id == lease.id else { return nil }
        return stop
    }

    /// When the first of them must have stopped.
    var firstEnd: Duration? {
        state.withLock { state in
            if state.firstEnd == nil { state.firstEnd = state.stops.values.lazy.map(\.run.end).min() }
            return state.firstEnd
        }
    }

    func set(_ number: Int64, _ stop: Stop?) -> Stop? {
        state.withLock { state in
            state.firstEnd = nil
            if let stop { return state.stops.updateValue(stop, forKey: number) }
            return state.stops.removeValue(forKey: number)
        }
    }

    /// Those whose time is over.
    func over(at steady: Duration) -> [(number: Int64, stop: Stop)] {
        guard let firstEnd, firstEnd <= steady else { return [] }
        return state.withLock { state in
            state.stops.filter { $0.value.run.end <= steady }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}

extension SQLiteSession {
    func setStop(_ number: Int64, _ stop: Stop?) { onUndo(.stop(number, stops.set(number, stop))) }

    /// Notes that a run which was cancelled may still be at work.
    func beginStop(of state: JobState) {
        let end = time.steady + rules.stopping.time(of: memory.lanes[state.lane].key.type)
        setStop(state.number, Stop(id: state.id, run: StoppingRun(fence: state.fence, end: end), key: state.key))
    }

    /// Ends the runs whose time to stop is over; whether there were any.
    func endStops() throws(JobStoreError) -> Bool {
        let over = stops.over(at: time.steady)
        for (number, stop) in over { try endStop(number, stop) }
        return !over.isEmpty
    }

    /// Frees what a run holds that has stopped, or had its time for that.
    func endStop(_ number: Int64, _ stop: Stop) throws(JobStoreError) {
        setStop(number, nil)
        noteStopped(stop.key.lane)
        guard let state = try state(number) else { return }
        guard state.status == .queued else {
            return try sql("UPDATE jobs SET stop_fence = NULL, active_key = NULL WHERE number = ?").run(number)
        }
        let phase = phase(of: state, blockedBy: state.blockedBy, dueAt: state.runAt)
        let update = try sql("UPDATE jobs SET stop_fence = NULL, phase = ?, rank = ? WHERE number = ?")
        try update.run(phase.rawValue, phase == .due ? state.priority : 0, number)
        guard phase != .blocked else { return }
        try noteWaiting(state.lane, isClaimable: phase == .due, runAt: state.runAt)
    }

    /// How a queued job stands with regard to claims.
    func phase(of state: JobState, blockedBy: Int64, dueAt runAt: Int64) -> JobPhase {
        if state.isTracked { return .tracked }
        if blockedBy > 0 { return .blocked }
        if stops[state.number] != nil { return .stopping }
        return runAt <= now ? .due : .scheduled
    }

    /// Refuses to delete what a run may still be at work for.
    func refuseStopping(_ state: JobState, _ what: String, _ reference: JobReference) throws(JobStoreError) {
        guard stops[state.number] != nil else { return }
        throw JobStoreError(TransitionRefusal(.stopping, status: state.status), what, reference)
    }

    /// Gives the runs that were stopping when the file was last closed what they are owed.
    ///
    /// Those of the process that owned it are over with it; one of a worker elsewhere may go on for a lease from now.
    func recoverStops(sessionLease: Duration) throws(JobStoreError) {
        let stopping = try sql(
            "SELECT number, id, stop_fence, session, lane, project FROM jobs WHERE stop_fence IS NOT NULL"
        )
        var found: [(number: Int64, stop: Stop)] = []
        while try stopping.step() {
            let end = stopping.int(3) != 0 ? time.steady + min(sessionLease, StoppingTimes.limit) : .seconds(-1)
            let stop = Stop(
                id: stopping.id(1),
                run: StoppingRun(fence: stopping.int(2), end: end),
                key: CountKey(lane: Int(stopping.int(4)), project: stopping.optionalInt(5))
            )
            found.append((stopping.int(0), stop))
        }
        stopping.reset()
        for (number, stop) in found {
            setStop(number, stop)
            addRunning(stop.key.lane, 1)
        }
    }
}
