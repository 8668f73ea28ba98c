#if Postgres
import CPostgres
import Errand

extension PostgresConnection {
    /// Runs statements in one round trip, as one transaction unless they say `BEGIN` themselves; none after one fails.
    ///
    /// - Returns: The rows of each.
    /// - Throws: What the first that failed said.
    @discardableResult
    func run(all statements: [PostgresStatement]) throws(JobStoreError) -> [PostgresRows] {
        if statements.count == 1 { return [try run(statements[0].text, statements[0].values)] }
        let parameters = try statements.map { (statement) throws(JobStoreError) in
            try PostgresParameters(statement.values)
        }
        try requireUsable()
        guard PQenterPipelineMode(handle) == 1 else { throw lost() }
        // What was prepared in vain is prepared anew, under another name.
        let before = prepared
        let areResults: [Bool]
        do throws(JobStoreError) {
            areResults = try send(statements, parameters)
            let rows = try receive(areResults)
            guard PQexitPipelineMode(handle) == 1 else { throw lost() }
            return rows
        } catch {
            prepared = before
            if !isLost, PQexitPipelineMode(handle) != 1 { isLost = true }
            throw error
        }
    }

    /// - Returns: Of each answer that will come whether it is a statement's, and not only that of its preparation.
    private func send(
        _ statements: [PostgresStatement],
        _ parameters: [PostgresParameters]
    ) throws(JobStoreError) -> [Bool] {
        var areResults: [Bool] = []
        for (statement, parameters) in zip(statements, parameters) {
            if address.pooler == .none, prepared[statement.text] == nil {
                let name = name(of: statement.text)
                guard PQsendPrepare(handle, name, qualified(statement.text), 0, nil) == 1 else { throw lost() }
                areResults.append(false)
            }
            guard send(statement, parameters) == 1 else { throw lost() }
            areResults.append(true)
        }
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        return areResults
    }

    /// Takes every answer up to the end of the pipeline, so that the connection is ready for the next one.
    private func receive(_ areResults: [Bool]) throws(JobStoreError) -> [PostgresRows] {
        let deadline = deadline
        var rows: [PostgresRows] = []
        var failure: JobStoreError?
        for isResult in areResults {
            do throws(JobStoreError) {
                let answer = try check(nextResult(until: deadline))
                if isResult { rows.append(answer) }
            } catch {
                // Those after the first only say that they were passed over.
                failure = failure ?? error
            }
            if isLost { break }
            // A null ends the answer of each statement.
            while let more = try nextResult(until: deadline) { PQclear(more) }
        }
        do throws(JobStoreError) {
            try receiveCommit(until: deadline)
        } catch {
            failure = failure ?? error
        }
        if address.pooler != .none { forgetNotifications() }
        if let failure { throw failure }
        return rows
    }

    /// Waits until the server says that the pipeline is at its end.
    ///
    /// Only then is it committed: the answers to the statements may come before, and a server that stops in between
    /// has done nothing.
    private func receiveCommit(until deadline: ContinuousClock.Instant?) throws(JobStoreError) {
        var failure: JobStoreError?
        while !isLost {
            guard PQstatus(handle) == CONNECTION_OK else { throw lost() }
            // A null ends the answer of a commit that failed.
            guard let result = try nextResult(until: deadline) else { continue }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC {
                PQclear(result)
                if let failure { throw failure }
                return
            }
            do throws(JobStoreError) { try check(result) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
#endif
