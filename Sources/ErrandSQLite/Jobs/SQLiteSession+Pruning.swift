import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Deletes records past their expiry, old tombstones and unused uploads.
    func prune(limit: Int, deletedFiles: [String]) throws(JobStoreError) -> PruneResult {
        try forget(deletedFiles)
        try sql("DELETE FROM tombstones WHERE deleted_at <= ?").run(now - Tombstone.lifetime)
        try sql("DELETE FROM kept_answers WHERE answered_at <= ?").run(now - KeptAnswer.lifetime)
        try pruneUploads(limit: limit)
        let hasMoreRows = try pruneGenerations(rows: 2000)
        let expired = try expiredRecords(limit: limit)
        for number in expired {
            guard let state = try state(number) else { continue }
            try remove(state)
            // What waits for a tracked job whose record is gone would wait for ever.
            if !state.status.isTerminal { try beginCascade(of: number, state.id, isCompleted: false) }
        }
        return PruneResult(deletedRecords: expired.count, orphanedFiles: try orphanedFiles(), hasMore: hasMoreRows)
    }

    private func expiredRecords(limit: Int) throws(JobStoreError) -> [Int64] {
        let select = try sql(
            """
            SELECT number FROM jobs WHERE expires_at IS NOT NULL AND expires_at <= ? AND (tracked = 1 OR status >= 2)
                AND stop_fence IS NULL
            ORDER BY expires_at, number LIMIT ?
            """
        )
        select.bind(1, now / 1000)
        select.bind(2, max(0, limit))
        var numbers: [Int64] = []
        while try select.step() { numbers.append(select.int(0)) }
        select.reset()
        return numbers
    }

    /// Takes a record away with all that belongs to it, and leaves a tombstone.
    func remove(_ state: JobState) throws(JobStoreError) {
        let tombstone = try sql("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?, ?)")
        tombstone.bind(1, state.number)
        tombstone.bind(2, state.id)
        tombstone.bind(3, memory.lanes[state.lane].tenant)
        tombstone.bind(4, state.project)
        tombstone.bind(5, now)
        try tombstone.run()
        for statement: StaticSQL in [
            "INSERT OR IGNORE INTO orphaned_files SELECT key FROM job_files WHERE number = ?",
            "DELETE FROM job_files WHERE number = ?",
            "INSERT OR IGNORE INTO orphaned_files SELECT key FROM uploads WHERE job = ?",
            "DELETE FROM uploads WHERE job = ?",
            "DELETE FROM job_logs WHERE number = ?",
            "DELETE FROM log_batches WHERE number = ?",
            "DELETE FROM job_texts WHERE place >> 3 = ?1 AND place BETWEEN ?1 << 3 AND (?1 << 3) + 7",
            "UPDATE counters SET value = max(value, ?) WHERE name = 'last_deleted_number'",
            "DELETE FROM jobs WHERE number = ?",
        ] { try sql(statement).run(state.number) }
        try forgetWaits(of: state.number)
        try deleteWebhook(ofJob: state.number)
        count(state.key, state.status, -1)
        setLease(state.number, nil)
        if !state.status.isTerminal { try noteMoveAway(state) }
        noteChange(state, rev: nil)
    }

    /// A record that expired before its job ended was a tracked one, which no lane counts.
    private func noteMoveAway(_ state: JobState) throws(JobStoreError) {
        guard !state.isTracked else { return }
        throw JobStoreError(.corrupt, "Job #\(state.number) expired although it has not ended.")
    }

    private func pruneUploads(limit: Int) throws(JobStoreError) {
        let expired = try sql(
            """
            DELETE FROM uploads WHERE id IN (SELECT id FROM uploads WHERE job IS NULL AND expires_at <= ? LIMIT ?)
            RETURNING key
            """
        )
        expired.bind(1, now)
        expired.bind(2, max(0, limit))
        var keys: [String] = []
        while try expired.step() { keys.append(expired.text(0)) }
        expired.reset()
        for key in keys {
            let orphan = try sql("INSERT OR IGNORE INTO orphaned_files VALUES (?)")
            orphan.bind(1, key)
            try orphan.run()
        }
    }

    private func forget(_ files: [String]) throws(JobStoreError) {
        for key in files {
            let delete = try sql("DELETE FROM orphaned_files WHERE key = ?")
            delete.bind(1, key)
            try delete.run()
        }
    }

    private func orphanedFiles() throws(JobStoreError) -> [String] {
        let select = try sql("SELECT key FROM orphaned_files ORDER BY key LIMIT 1000")
        var keys: [String] = []
        while try select.step() { keys.append(select.text(0)) }
        select.reset()
        return keys
    }
}
