import Errand
import FoundationEssentials

// The beginning and the end of a copy to this file.
extension SQLiteSession {
    func beginCopy(from source: String, _ summary: ArchiveSummary) throws(JobStoreError) -> ArchiveStart {
        let earlier = try EarlierCopy(SQLStatement(sql.database, EarlierCopy.select))
        let start = try summary.start(from: source, after: earlier, isEmpty: isEmpty())
        guard start == .new else { return start }
        // Settings alone do not fill a store; those of the source take their place.
        try sql("DELETE FROM queues").run()
        try sql("DELETE FROM queue_overrides").run()
        let note = try sql("INSERT INTO copies VALUES (?, ?, ?, NULL)")
        note.bind(1, source)
        note.bind(2, summary.fingerprint)
        note.bind(3, now)
        try note.run()
        return start
    }

    private func isEmpty() throws(JobStoreError) -> Bool {
        try sql(
            """
            SELECT EXISTS (SELECT 1 FROM jobs) + EXISTS (SELECT 1 FROM tombstones) + EXISTS (SELECT 1 FROM uploads)
                + EXISTS (SELECT 1 FROM datasets)
            """
        ).onlyInt() == 0
    }

    func finishCopy(from source: String, _ summary: ArchiveSummary) throws(JobStoreError) {
        for (name, value) in [
            ("last_deleted_number", summary.lastNumber), ("last_generation", summary.lastGeneration),
        ] {
            let counter = try sql("UPDATE counters SET value = max(value, ?) WHERE name = ?")
            counter.bind(1, value)
            counter.bind(2, name)
            try counter.run()
        }
        try countAll()
        let note = try sql("UPDATE copies SET finished_at = ? WHERE source = ?")
        note.bind(1, now)
        note.bind(2, source)
        try note.run()
    }

    private func countAll() throws(JobStoreError) {
        try sql.execute(
            """
            DELETE FROM job_counts;
            INSERT INTO job_counts
            SELECT lane, ifnull(project, 0), sum(status = 0), sum(status = 1), sum(status = 2), sum(status = 3),
                sum(status = 4)
            FROM jobs GROUP BY lane, project
            """
        )
    }
}
