#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Writes the held jobs that changed.
    func flush() throws(JobStoreError) { try run(saves()) }

    /// What writes the held jobs that changed, one statement for all that change alike; they count as written then.
    func saves() -> [PostgresStatement] {
        let changed = held.values.filter(\.isChanged).sorted { $0.job.number < $1.job.number }
        guard !changed.isEmpty else { return [] }
        order.write()
        let groups = Dictionary(grouping: changed) { Move(from: $0.wasLive, to: $0.isLive) }
        let moves = Move.all.compactMap { save(groups[$0] ?? [], $0) }
        let statements = replacements(of: changed) + amendments(of: changed) + moves
        for job in changed {
            if let stored = job.stored { counts.add(-1, stored) }
            counts.add(1, job.job)
            job.stored = job.job
            job.isReplaced = false
        }
        return statements
    }

    private func save(_ jobs: [HeldJob], _ move: Move) -> PostgresStatement? {
        guard !jobs.isEmpty else { return nil }
        let columns = move.to ? JobColumn.saved + JobColumn.waiting : JobColumn.saved
        var values = columns.map { $0.parameter(jobs) }
        if move.to { values.append(.int(now)) }
        return PostgresStatement(move.text, values)
    }
}

extension PostgresSession {
    /// What is written of jobs whose queue or metadata changed: the little of a submit that may change while it waits.
    private func amendments(of jobs: [HeldJob]) -> [PostgresStatement] {
        let amended = jobs.filter { job in
            guard let stored = job.stored, !job.isReplaced else { return false }
            return stored.queue != job.job.queue || stored.metadata != job.job.metadata
        }
        guard !amended.isEmpty else { return [] }
        let columns =
            [JobColumn.number]
            + (JobColumn.repeated + JobColumn.submitted).filter {
                ["queue", "tags", "metadata"].contains($0.name)
            }
        let parameters = columns.enumerated().map { "$\($0 + 1)::\($1.type)[]" }.joined(separator: ", ")
        let names = columns.map(\.name).joined(separator: ", ")
        return [
            PostgresStatement(
                """
                UPDATE errand.jobs j SET queue = v.queue, tags = v.tags::text[], metadata = v.metadata
                FROM unnest(\(parameters)) AS v(\(names)) WHERE j.number = v.number
                """,
                columns.map { $0.parameter(amended) }
            ),
            PostgresStatement(
                """
                UPDATE errand.live s SET queue = v.queue FROM unnest($1::bigint[], $2::text[]) AS v(number, queue)
                WHERE s.number = v.number
                """,
                [.ints(amended.map(\.job.number)), .texts(amended.map(\.job.queue))]
            ),
        ]
    }
}

/// From which table to which a job goes that changed: true is `live`, false is `ended`.
private struct Move: Hashable {
    let from: Bool
    let to: Bool

    static let all = [
        Move(from: true, to: true), Move(from: true, to: false), Move(from: false, to: true),
        Move(from: false, to: false),
    ]
    private static let texts = Dictionary(all.map { ($0, $0.makeText()) }) { first, _ in first }

    var text: String { Self.texts[self] ?? makeText() }

    private func makeText() -> String { from == to ? update : transfer }

    private var source: String { from ? "errand.live" : "errand.ended" }
    private var target: String { to ? "errand.live" : "errand.ended" }
    private var columns: [JobColumn] { to ? JobColumn.saved + JobColumn.waiting : JobColumn.saved }

    /// The new values; where they go to `live`, the last parameter is the time.
    private var values: String {
        let parameters = columns.enumerated().map { "$\($0 + 1)::\($1.type)[]" }
        return "unnest(\(parameters.joined(separator: ", "))) AS v(\(columns.map(\.name).joined(separator: ", ")))"
    }
    private var claimable: String {
        "v.waiting AND v.stop_end IS NULL AND v.run_at <= $\(columns.count + 1)::bigint"
    }

    private var update: String {
        var settings = JobColumn.state.map { "\($0.name) = \($0.update ?? "v.\($0.name)")" }
        if to { settings += JobColumn.waiting.map { "\($0.name) = v.\($0.name)" } + ["claimable = \(claimable)"] }
        return """
            UPDATE \(target) s SET \(settings.joined(separator: ", ")) FROM \(values) WHERE s.number = v.number
            """
    }

    private var transfer: String {
        var names = JobColumn.state.map(\.name)
        var settings = JobColumn.state.map { $0.update ?? "v.\($0.name)" }
        if to {
            let repeated = JobColumn.repeated.map(\.name)
            names += JobColumn.waiting.map(\.name) + ["claimable"] + repeated
            settings += JobColumn.waiting.map { "v.\($0.name)" } + [claimable] + repeated.map { "j.\($0)" }
        }
        return """
            WITH v AS MATERIALIZED (SELECT * FROM \(values)),
            s AS (DELETE FROM \(source) o USING v WHERE o.number = v.number
                RETURNING o.number, o.errors, o.data, o.internal_data, o.checkpoint, o.result)
            INSERT INTO \(target) (number, \(names.joined(separator: ", ")))
            SELECT s.number, \(settings.joined(separator: ", "))
            FROM s JOIN v ON v.number = s.number\(to ? " JOIN errand.jobs j ON j.number = s.number" : "")
            """
    }
}

extension JobColumn {
    /// What is written of a job that has changed.
    fileprivate static let saved = [number] + state + [keepsResult]
}
#endif
