#if Files
public import Errand

/// The job types that every installation has: `Import` and `Export`.
///
/// ```swift
/// var handlers = JobHandlers()
/// BuiltInTypes(datasets: store, uploads: store, objects: objects).register(on: &handlers)
/// ```
public struct BuiltInTypes: Sendable {
    private let services: FileServices

    /// Says what the types work with.
    ///
    /// - Parameters:
    ///   - datasets: Where imported rows go and exported rows come from.
    ///   - uploads: Where the records of uploads are.
    ///   - objects: Where files are.
    ///   - clock: Names files by time.
    public init(
        datasets: any DatasetStore,
        uploads: any UploadStore,
        objects: any ObjectStore,
        clock: any JobClock = SystemJobClock()
    ) {
        services = FileServices(datasets: datasets, uploads: uploads, objects: objects, clock: clock)
    }

    /// Registers every type with its handler.
    public func register(on handlers: inout JobHandlers) {
        handlers.register(raw: Self.importType.described(Self.importDescription)) { context in
            try await ImportRun(FileJob(context, services)).run()
        }
        handlers.register(raw: Self.exportType.described(Self.exportDescription)) { context in
            try await ExportRun(FileJob(context, services)).run()
        }
    }

    /// The type `Import`: an uploaded file into a dataset.
    ///
    /// A bad payload is refused with a pointer; the job takes its upload over, which then lives as long as its record.
    public static let importType = JobType("Import", queue: "import") { job throws(JobStoreError) in
        let payload = try ImportPayload(job.payload)
        try requireProject(job)
        if !job.uploads.contains(payload.upload) { job.uploads.append(payload.upload) }
    }

    /// The type `Export`: a dataset into a file; a bad payload is refused with a pointer.
    public static let exportType = JobType("Export", queue: "export") { job throws(JobStoreError) in
        _ = try ExportPayload(job.payload)
        try requireProject(job)
    }

    private static func requireProject(_ job: NewJob) throws(JobStoreError) {
        guard job.projectId == nil else { return }
        throw .refused("/projectId", "is missing; every dataset belongs to a project")
    }
}

extension FileJob {
    init(_ context: JobContext, _ services: FileServices) {
        self.init(
            job: context.job,
            checkpoint: context.checkpoint,
            services: services,
            save: { try await context.checkpoint($0) },
            progress: { context.progress($0, $1) }
        )
    }
}
#endif
