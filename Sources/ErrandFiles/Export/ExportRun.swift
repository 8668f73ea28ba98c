#if Files
import Errand

/// One run of an `Export` job: a dataset's rows, page by page, into a file of the object store.
struct ExportRun: Sendable {
    /// The job's checkpoint: the file that is being written, so that a later run can delete it.
    private struct State: Codable {
        var file: String
    }

    let job: FileJob
    let payload: ExportPayload
    let dataset: Dataset

    init(_ job: FileJob) async throws {
        self.job = job
        do throws(JobStoreError) { payload = try ExportPayload(job.job.payload) } catch {
            throw JobError.permanent(error.message, code: JobFailure.Code.undecodablePayload)
        }
        dataset = try await Self.dataset(payload.dataset, of: job)
    }

    private static func dataset(_ name: Name, of job: FileJob) async throws -> Dataset {
        let project = try job.project()
        do throws(JobStoreError) {
            return try await job.services.datasets.dataset(name, projectId: project, scope: job.scope)
        } catch {
            guard error.code == .notFound else { throw error }
            throw JobError.permanent("The project \(project) has no dataset \(name).", code: "dataset_not_found")
        }
    }

    func run() async throws -> JobResult {
        if let earlier = try job.checkpoint?.decode(as: State.self) {
            try await job.services.objects.delete(earlier.file)
        }
        let key = job.newKey(.csv).description
        try await job.save(JSONText.encode(State(file: key)))
        let stored = try await job.services.objects.put(key, body: try content(), limit: .max)
        return result(stored, key: key)
    }

    private func content() throws -> DatasetCSV {
        let (total, progress) = (dataset.rowCount, job.progress)
        return DatasetCSV(
            dataset: dataset,
            cells: try cells(),
            options: payload.csv,
            datasets: job.services.datasets,
            progress: { written in
                progress(min(99, Int(written * 100 / max(total, 1))), "Exporting rows: \(written) of \(total)")
            }
        )
    }

    private func cells() throws -> [Int] {
        guard let columns = payload.columns else { return Array(dataset.columns.indices) }
        return try columns.map(cell)
    }

    private func cell(of name: String) throws(JobError) -> Int {
        if let index = dataset.columns.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) { return index }
        let known = dataset.columns.prefix(20).joined(separator: ", ")
        throw JobError.permanent(
            "The dataset has no column \(name.debugDescription); it has \(known).",
            code: "unknown_column"
        )
    }

    private func result(_ stored: StoredObject, key: String) -> JobResult {
        var value = JSONWriter()
        value.object { value in
            value.member("rows", dataset.rowCount)
            value.member("bytes", stored.size)
            value.member("sha256", stored.sha256)
            value.member("filename", payload.filename)
        }
        let file = JobFile(
            name: payload.filename,
            key: key,
            size: stored.size,
            sha256: stored.sha256,
            contentType: FileType.csv.contentType
        )
        return JobResult(type: job.services.objects.resultType, location: key, value: value.text, files: [file])
    }
}
#endif
