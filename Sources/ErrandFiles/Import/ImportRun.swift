#if Files
import Errand

/// One run of an `Import` job.
///
/// Rows are added batch by batch, each in one transaction with the checkpoint that says how far the file is dealt with,
/// so a run that goes on after a lost one neither doubles nor misses a row. While a batch is written the next is read.
struct ImportRun: Sendable {
    let job: FileJob
    let payload: ImportPayload
    let dataset: DatasetReference
    let object: ObjectPlace

    init(_ job: FileJob) async throws {
        self.job = job
        do throws(JobStoreError) { payload = try ImportPayload(job.job.payload) } catch {
            throw JobError.permanent(error.message, code: JobFailure.Code.undecodablePayload)
        }
        dataset = DatasetReference(tenantId: job.job.tenantId, projectId: try job.project(), name: payload.dataset)
        let upload = try await Self.upload(payload.upload, of: job)
        object = ObjectPlace(store: job.services.objects, key: upload.key, size: upload.size)
    }

    private static func upload(_ id: JobID, of job: FileJob) async throws -> Upload {
        do throws(JobStoreError) {
            return try await job.services.uploads.upload(id, scope: job.scope)
        } catch {
            guard error.code == .notFound else { throw error }
            throw JobError.permanent("There is no upload \(id), or it has expired.", code: "upload_not_found")
        }
    }

    func run() async throws -> JobResult {
        var state = try job.checkpoint?.decode(as: ImportState.self) ?? ImportState()
        try await deleteReport(of: &state)
        do {
            return try await importRows(from: state)
        } catch let error as CSVHeaderError {
            throw JobError.permanent("The file cannot be read: \(error)", code: "invalid_header")
        }
    }

    private func importRows(from start: ImportState) async throws -> JobResult {
        var source = try await ImportSource(object, options: payload.csv, from: start)
        var next = try await source.next()
        try refuseWorkbook(source)
        guard let columns = source.columns else { return try await finish(source, write: nil) }
        let write = try await beginWrite(columns)
        if start.position != .start, payload.mode == .replace, start.generation != write.generation {
            // The generation that was being filled is gone, and with it what the checkpoint counts.
            source = try await ImportSource(object, options: payload.csv, from: ImportState())
            next = try await source.next()
        }
        while let batch = next {
            try Task.checkCancellation()
            next = try await add(batch, to: write, readingOn: source)
        }
        return try await finish(source, write: write)
    }

    /// Writes a batch while the next one is read.
    private func add(
        _ batch: ImportBatch,
        to write: DatasetWrite,
        readingOn source: ImportSource
    ) async throws -> ImportBatch? {
        async let written: Void = add(batch, to: write)
        let next = try await source.next()
        try await written
        return next
    }

    /// Every row that is read back names its columns, so their names cannot be of any length.
    private static func refuseLongNames(_ columns: [String]) throws(JobError) {
        let (most, mostTogether) = (1024, 512 * 1024)
        if let place = columns.firstIndex(where: { $0.utf8.count > most }) {
            throw .permanent(
                "The name of column \(place + 1) has \(columns[place].utf8.count) bytes; at most \(most) are allowed. "
                    + "Does the file begin with a header?",
                code: "invalid_header"
            )
        }
        let together = columns.reduce(0) { $0 + $1.utf8.count }
        guard together > mostTogether else { return }
        throw .permanent(
            "The names of the \(columns.count) columns have \(together) bytes; at most \(mostTogether) are allowed.",
            code: "invalid_header"
        )
    }

    private func beginWrite(_ columns: [String]) async throws -> DatasetWrite {
        try Self.refuseLongNames(columns)
        let datasets = job.services.datasets
        do throws(JobStoreError) {
            return try await datasets.beginWrite(dataset, columns: columns, mode: payload.mode, lease: job.job.lease)
        } catch {
            guard error.code == .invalid else { throw error }
            throw JobError.permanent(error.message, code: "columns_differ")
        }
    }

    private func add(_ batch: ImportBatch, to write: DatasetWrite) async throws {
        var state = batch.state
        state.generation = write.generation
        var report = RunReport(lease: job.job.lease)
        report.checkpoint = try JSONText.encode(state)
        report.progress = object.size > 0 ? min(99, Int(Int64(state.position.offset) * 100 / object.size)) : 99
        report.message = Self.message(state)
        try await job.services.datasets.append(batch.rows, to: write, report: report)
    }

    private static func message(_ state: ImportState) -> String {
        let faults = state.faults.count
        let rows = state.created == 1 ? "1 row" : "\(state.created) rows"
        let errors = faults == 0 ? "" : faults == 1 ? ", 1 error" : ", \(faults) errors"
        return "Importing rows: \(rows)\(errors)"
    }

    /// Tells an XLSX file from a CSV file where the format was left open.
    private func refuseWorkbook(_ source: ImportSource) throws {
        guard payload.format == .auto, let name = source.columns?.first, name.hasPrefix("PK\u{3}\u{4}") else { return }
        throw JobError.permanent(
            "The file looks like an XLSX workbook, which cannot be imported yet; save it as CSV.",
            code: "unsupported_format"
        )
    }

    // MARK: - The end

    private func finish(_ source: ImportSource, write: DatasetWrite?) async throws -> JobResult {
        let state = source.state
        guard write != nil || state.faults.count > 0 else {
            throw JobError.permanent("The file is empty: it has neither a header nor a row.", code: "empty_file")
        }
        var files: [JobFile] = []
        if state.faults.count > 0 { files.append(try await storeReport(source, write: write)) }
        if let write { try await job.services.datasets.finishWrite(write, lease: job.job.lease) }
        var result = JSONWriter()
        result.object { result in
            result.member("recordsProcessed", state.created.saturatingSum(state.faults.count))
            result.member("recordsCreated", state.created)
            result.member("recordsUpdated", 0)
            result.member("errors", state.faults.count)
            if let report = files.first { result.member("errorReport", report.name) }
        }
        return JobResult(result.text, files: files)
    }

    private func storeReport(_ source: ImportSource, write: DatasetWrite?) async throws -> JobFile {
        job.progress(99, "Writing the error report")
        let report = ErrorReport(
            object: object,
            options: payload.csv,
            columns: source.columns,
            delimiter: source.delimiter,
            spans: source.state.faults.spans
        )
        let key = job.newKey(.csv).description
        var state = source.state
        state.generation = write?.generation
        state.report = key
        try await job.save(JSONText.encode(state))
        let stored = try await job.services.objects.put(key, body: report, limit: .max)
        return JobFile(
            name: "errors.csv",
            key: key,
            size: stored.size,
            sha256: stored.sha256,
            contentType: FileType.csv.contentType
        )
    }

    /// Deletes the report of a run that was lost before it could name it as the job's file.
    private func deleteReport(of state: inout ImportState) async throws {
        guard let key = state.report else { return }
        try await job.services.objects.delete(key)
        state.report = nil
    }
}
#endif
