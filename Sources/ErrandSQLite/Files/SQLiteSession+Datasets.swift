import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Starts or goes on with a write for a running job.
    func beginWrite(
        _ reference: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) throws(JobStoreError) -> DatasetWrite {
        try requireRunning(lease)
        let found = try findDataset(reference)
        let dataset = if let found { found } else { try makeDataset(reference, columns: columns) }
        if let write = try openWrite(of: dataset.id, by: lease.number) { return write }
        if mode == .append, dataset.columns.map({ Name($0) }) != columns.map({ Name($0) }) {
            guard try rowCount(dataset.id) == 0 else {
                throw .otherColumns(reference.name, has: dataset.columns)
            }
            try setColumns(columns, of: dataset.id)
        }
        return try startWrite(dataset, columns: columns, mode: mode, job: lease.number)
    }

    private func requireRunning(_ lease: JobLease) throws(JobStoreError) {
        guard hold(lease) != nil else { throw .lostLease(of: lease.id) }
    }

    private func findDataset(_ reference: DatasetReference) throws(JobStoreError) -> DatasetRecord? {
        let select = try sql(DatasetRecord.select)
        select.bind(1, reference.projectId)
        select.bind(2, reference.name)
        select.bind(3, reference.tenantId)
        defer { select.reset() }
        return try select.step() ? try DatasetRecord(select) : nil
    }

    private func makeDataset(
        _ reference: DatasetReference,
        columns: [String]
    ) throws(JobStoreError) -> DatasetRecord {
        let insert = try sql("INSERT INTO datasets VALUES (NULL, ?, ?, ?, ?, ?, 0, ?) RETURNING dataset")
        let generation = try nextGeneration()
        insert.bind(1, reference.tenantId)
        insert.bind(2, reference.projectId)
        insert.bind(3, reference.name)
        insert.bind(4, DatasetRecord.text(of: columns))
        insert.bind(5, generation)
        insert.bind(6, now)
        return DatasetRecord(id: try insert.onlyInt(), columns: columns, generation: generation)
    }

    private func nextGeneration() throws(JobStoreError) -> Int64 {
        try sql("UPDATE counters SET value = value + 1 WHERE name = 'last_generation' RETURNING value").onlyInt()
    }

    private func rowCount(_ dataset: Int64) throws(JobStoreError) -> Int64 {
        let select = try sql("SELECT row_count FROM datasets WHERE dataset = ?")
        select.bind(1, dataset)
        return try select.onlyInt()
    }

    private func setColumns(_ columns: [String], of dataset: Int64) throws(JobStoreError) {
        let update = try sql("UPDATE datasets SET columns = ? WHERE dataset = ?")
        update.bind(1, DatasetRecord.text(of: columns))
        update.bind(2, dataset)
        try update.run()
    }

    /// The write that this job had before it was lost.
    private func openWrite(of dataset: Int64, by job: Int64) throws(JobStoreError) -> DatasetWrite? {
        let select = try sql("SELECT generation, mode, base_count FROM dataset_writes WHERE dataset = ? AND job = ?")
        select.bind(1, dataset)
        select.bind(2, job)
        defer { select.reset() }
        guard try select.step(), let mode = DatasetWriteMode(rawValue: select.text(1)) else { return nil }
        return DatasetWrite(dataset: dataset, generation: select.int(0), mode: mode, rowCount: select.int(2))
    }

    private func startWrite(
        _ dataset: DatasetRecord,
        columns: [String],
        mode: DatasetWriteMode,
        job: Int64
    ) throws(JobStoreError) -> DatasetWrite {
        try endWritesOfEndedJobs(dataset.id)
        let others = try sql("SELECT count(*) FROM dataset_writes WHERE dataset = ? AND (mode = 'replace' OR ? = 1)")
        others.bind(1, dataset.id)
        // An append that brings columns of its own to an empty dataset has it to itself, like a replacement.
        others.bind(2, mode == .replace || dataset.columns.map({ Name($0) }) != columns.map({ Name($0) }) ? 1 : 0)
        guard try others.onlyInt() == 0 else {
            throw .datasetWrittenByAnother
        }
        let count = mode == .append ? try rowCount(dataset.id) : 0
        let generation = mode == .append ? dataset.generation : try nextGeneration()
        let insert = try sql("INSERT INTO dataset_writes VALUES (?, ?, ?, ?, ?, ?, ?)")
        insert.bind(1, dataset.id)
        insert.bind(2, job)
        insert.bind(3, generation)
        insert.bind(4, mode.rawValue)
        insert.bind(5, DatasetRecord.text(of: columns))
        insert.bind(6, 0)
        insert.bind(7, count)
        try insert.run()
        return DatasetWrite(dataset: dataset.id, generation: generation, mode: mode, rowCount: count)
    }

    /// A job that failed or was cancelled half-way holds nothing; what it filled apart is thrown away.
    private func endWritesOfEndedJobs(_ dataset: Int64) throws(JobStoreError) {
        let ended = "(SELECT 1 FROM jobs WHERE number = job AND status <= 1)"
        let dead = SQLText(
            """
            INSERT OR IGNORE INTO dead_generations SELECT generation FROM dataset_writes
            WHERE dataset = ? AND mode = 'replace' AND NOT EXISTS \(ended)
            """
        )
        for text in [dead.text, "DELETE FROM dataset_writes WHERE dataset = ? AND NOT EXISTS \(ended)"] {
            try SQLStatement(sql.database, text).run(dataset)
        }
    }

    /// Adds rows, the checkpoint and the progress, if the lease holds.
    func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) throws(JobStoreError) {
        try requireRunning(report.lease)
        guard let open = try openWrite(of: write.dataset, by: report.lease.number), open == write else {
            throw .finishedWrite
        }
        try self.write(report)
        let last = try sql("SELECT ifnull(max(position), 0) FROM dataset_rows WHERE generation = ?")
        last.bind(1, write.generation)
        try insert(rows, into: write.generation, after: last.onlyInt())
        let count: StaticSQL =
            switch write.mode {
            case .append: "UPDATE datasets SET row_count = row_count + ?, updated_at = ? WHERE dataset = ?"
            case .replace:
                """
                UPDATE dataset_writes SET row_count = row_count + ?1 WHERE dataset = ?3 AND mode = 'replace' AND ?2 > 0
                """
            }
        try sql(count).run(Int64(rows.count), now, write.dataset)
    }

    private func insert(
        _ rows: [JSONText],
        into generation: Int64,
        after position: Int64
    ) throws(JobStoreError) {
        var rest = rows[...]
        var position = position
        while !rest.isEmpty {
            let isFull = rest.count >= DatasetInsert.rowsTogether
            let insert = try sql(isFull ? DatasetInsert.many : DatasetInsert.one)
            var place: CInt = 0
            for row in rest.prefix(isFull ? DatasetInsert.rowsTogether : 1) {
                position += 1
                insert.bind(place + 1, generation)
                insert.bind(place + 2, position)
                insert.bind(place + 3, row.string)
                place += 3
            }
            try insert.run()
            rest = rest.dropFirst(Int(place) / 3)
        }
    }

    /// Makes a replacement visible, and ends the write; what was finished before is left as it is.
    func finishWrite(_ write: DatasetWrite, lease: JobLease) throws(JobStoreError) {
        try requireRunning(lease)
        guard try openWrite(of: write.dataset, by: lease.number) != nil else { return }
        if write.mode == .replace {
            try sql("INSERT OR IGNORE INTO dead_generations SELECT generation FROM datasets WHERE dataset = ?")
                .run(write.dataset)
            try sql(
                """
                UPDATE datasets SET updated_at = ?1, (generation, columns, row_count) = (
                    SELECT generation, columns, row_count FROM dataset_writes WHERE dataset = ?2 AND job = ?3)
                WHERE dataset = ?2
                """
            ).run(now, write.dataset, lease.number)
        }
        try sql("DELETE FROM dataset_writes WHERE dataset = ? AND job = ?").run(write.dataset, lease.number)
    }

    func deleteDataset(_ reference: DatasetReference) throws(JobStoreError) {
        guard let dataset = try findDataset(reference) else {
            throw .noDataset(reference.name, reference.projectId)
        }
        try endWritesOfEndedJobs(dataset.id)
        let writes = try sql("SELECT count(*) FROM dataset_writes WHERE dataset = ?")
        writes.bind(1, dataset.id)
        guard try writes.onlyInt() == 0 else {
            throw .datasetBeingWritten(reference.name)
        }
        try sql("INSERT OR IGNORE INTO dead_generations VALUES (?)").run(dataset.generation)
        try sql("DELETE FROM datasets WHERE dataset = ?").run(dataset.id)
    }

    /// Deletes rows of generations that nobody sees, a few at a time so that no other write waits for long.
    ///
    /// - Parameter rows: About how many.
    /// - Returns: Whether there are more.
    /// - Throws: What the database refuses.
    func pruneGenerations(rows: Int64) throws(JobStoreError) -> Bool {
        guard let generation = try sql("SELECT min(generation) FROM dead_generations").firstInt() else { return false }
        try sql(
            """
            DELETE FROM dataset_rows WHERE generation = ?1 AND position <= (
                SELECT min(position) + ?2 FROM dataset_rows WHERE generation = ?1)
            """
        ).run(generation, rows)
        guard sql.changedRows == 0 else { return true }
        try sql("DELETE FROM dead_generations WHERE generation = ?").run(generation)
        return try sql("SELECT count(*) FROM dead_generations").onlyInt() > 0
    }
}

/// The statements that insert rows.
private enum DatasetInsert {
    static let rowsTogether = 50
    static let one = rows(1)
    static let many = rows(rowsTogether)

    private static func rows(_ count: Int) -> SQLText {
        let rows = Array(repeating: "(?, ?, ?)", count: count).joined(separator: ", ")
        return SQLText("INSERT INTO dataset_rows VALUES \(rows)")
    }
}

/// A dataset's row, as far as a write must know it.
struct DatasetRecord {
    let id: Int64
    let columns: [String]
    let generation: Int64

    static let select: StaticSQL =
        "SELECT dataset, columns, generation FROM datasets WHERE project = ? AND name = ? AND tenant IS ?"

    init(id: Int64, columns: [String], generation: Int64) {
        self.id = id
        self.columns = columns
        self.generation = generation
    }

    init(_ row: SQLStatement) throws(JobStoreError) {
        self.init(id: row.int(0), columns: try Self.columns(in: row.text(1)), generation: row.int(2))
    }

    static func text(of columns: [String]) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            for column in columns { writer.value(column) }
        }
        return writer.text.string
    }

    static func columns(in text: String) throws(JobStoreError) -> [String] {
        do {
            return try JSONText(trusted: text).elements().compactMap(\.stringValue)
        } catch {
            throw JobStoreError(.corrupt, "A dataset's columns cannot be read.", underlying: error)
        }
    }
}
