#if Server
import Errand

/// What a record shows of the end of a run.
enum EarlierEnd: Sendable {
    /// The run has not ended, as far as the record shows.
    case none
    /// It ended just so.
    case same
    /// It ended in another way.
    case other
}

extension Job {
    /// Whether a settlement that was fenced off had taken effect before: its answer was lost, and it came again.
    ///
    /// The record tells: a run's fence stays with what it left, until the job is claimed, cancelled or retried. Nothing
    /// is stored for this, and a settlement that comes again after that is a lost lease.
    func earlierEnd(of settlement: Settlement) -> EarlierEnd {
        let run = settlement.lease.fence
        if case .acknowledgeCancel = settlement.outcome {
            // Also where somebody gave the job a new life since.
            return errors.contains { $0.fence == run && $0.outcome == .cancelled } ? .same : .none
        }
        if fence == run, status == .completed {
            guard case .complete(let result) = settlement.outcome else { return .other }
            return result.value == self.result && result.location == resultLocation ? .same : .other
        }
        // What somebody else did to the run is no word of its worker.
        guard let record = errors.last(where: { $0.fence == run }), ![.lost, .cancelled].contains(record.outcome) else {
            return .none
        }
        return record.isEnd(settlement.outcome) ? .same : .other
    }
}

extension RunRecord {
    fileprivate func isEnd(_ wanted: Settlement.Outcome) -> Bool {
        switch wanted {
        case .fail(let failure, _):
            let stored = failure.normalized
            return outcome == .failed && code == stored.code && message == stored.message
        case .release: return outcome == .released
        case .snooze: return outcome == .snoozed
        case .complete, .acknowledgeCancel: return false
        }
    }
}
#endif
