import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Writes what something else reports on a tracked job.
    func update(
        _ reference: JobReference,
        with update: TrackedUpdate,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let state = try state(reference, scope: scope)
        let target = update.status ?? (update.failure == nil ? state.status : .failed)
        if let reason = refusal(of: update, target, for: state) {
            throw JobStoreError(TransitionRefusal(reason, status: state.status), "updated", reference)
        }
        try write(update, to: state)
        try postponeStale(state)
        try move(state, to: target, failure: update.failure)
        return try job(state.number)
    }

    /// A tracked job that has not ended was heard of, and becomes stale so much later.
    func postponeStale(_ state: JobState) throws(JobStoreError) {
        guard let limit = state.staleAfter, !state.status.isTerminal else { return }
        try sql("UPDATE jobs SET stale_at = ? WHERE number = ?").run(now.later(bySeconds: limit), state.number)
    }

    private func refusal(
        of update: TrackedUpdate,
        _ target: JobStatus,
        for state: JobState
    ) -> TransitionRefusal.Reason? {
        guard state.isTracked else { return .wrongKind }
        if let fence = update.fence, fence != state.fence { return .fenced }
        guard state.status.isTerminal else { return target == .queued && state.status == .running ? .status : nil }
        guard target == state.status else { return .status }
        return update.result != nil && state.hasResult ? .hasResult : nil
    }

    private func write(_ update: TrackedUpdate, to state: JobState) throws(JobStoreError) {
        let number = state.number
        if !state.status.isTerminal {
            let progress = try sql(
                """
                UPDATE jobs SET progress = ifnull(?, progress), progress_message = ifnull(?, progress_message)
                WHERE number = ?
                """
            )
            progress.bind(1, update.progress.map { Int64($0) })
            progress.bind(2, update.message)
            progress.bind(3, number)
            try progress.run()
        }
        let texts = try sql(
            "UPDATE jobs SET data = ifnull(?, data), internal_data = ifnull(?, internal_data) WHERE number = ?"
        )
        try bind(texts, 1, update.data, .data, of: number)
        try bind(texts, 2, update.internalData, .internalData, of: number)
        texts.bind(3, number)
        try texts.run()
        guard let result = update.result else { return }
        let place = try sql("UPDATE jobs SET result = ?, result_type = ?, result_location = ? WHERE number = ?")
        try bind(place, 1, result.value, .result, of: number)
        place.bind(2, result.type?.code)
        place.bind(3, result.location)
        place.bind(4, number)
        try place.run()
        try addFiles(result.files, to: number)
    }

    private func move(
        _ state: JobState,
        to target: JobStatus,
        failure: JobFailure?
    ) throws(JobStoreError) {
        switch target {
        case .running where state.status == .queued:
            let start = try sql(
                """
                UPDATE jobs SET status = 1, started_at = ?1, attempt = attempt + 1, fence = fence + 1, rev = rev + 1,
                    updated_at = ?1 WHERE number = ?2
                """
            )
            try start.run(now, state.number)
            try noteMove(state, to: .running)
            noteChange(state, rev: state.rev + 1)
        case .completed where !state.status.isTerminal:
            try sql("UPDATE jobs SET progress = 100 WHERE number = ?").run(state.number)
            try finish(state, as: .completed)
        case .failed where !state.status.isTerminal:
            let failure = failure ?? JobFailure(code: JobFailure.Code.failed, message: "Failed.")
            try fail(state, with: failure)
        default:
            try sql("UPDATE jobs SET rev = rev + 1, updated_at = ? WHERE number = ?").run(now, state.number)
            noteChange(state, rev: state.rev + 1)
        }
    }
}
