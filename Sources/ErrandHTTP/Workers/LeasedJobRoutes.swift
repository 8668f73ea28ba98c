#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What a worker elsewhere tells of a job while it runs it.
struct LeasedJobRoutes: Sendable {
    /// The most log lines of one request.
    static let logLines = 500

    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/worker/jobs/{id}/progress", "reportProgress", .worker, progress)
                .documented(.protocolCalls, "Report progress")
                .with(.jobID, .jobLease, .jobFence)
                .taking(.optionalObject, Self.progressSchema, example: #"{"progress":40,"message":"Rendering"}"#)
                .answering(.json(200, .action, "It is shown."))
                .refusing(.invalidParameter, .leaseLost, .gone),
            APIRoute(.post, "/api/worker/jobs/{id}/logs", "reportLogs", .worker, logs)
                .documented(.protocolCalls, "Add lines to a job's log", "A batch that came before is not stored twice.")
                .with(.jobID, .jobLease, .jobFence)
                .taking(
                    .optionalObject,
                    Self.logsSchema,
                    example: #"{"batch":1,"lines":[{"level":"info","msg":"Page 1 of 4"}]}"#
                )
                .answering(.json(202, .action, "They are stored."))
                .refusing(.invalidParameter, .leaseLost, .gone),
            APIRoute(.put, "/api/worker/jobs/{id}/checkpoint", "saveCheckpoint", .worker, checkpoint)
                .documented(.protocolCalls, "Save a checkpoint", "The job's next run finds it.")
                .with(.jobID, .jobLease, .jobFence)
                .taking(
                    .value,
                    Schema.any.atMost(bytes: JobLimits.checkpointBytes, "The checkpoint."),
                    example: #"{"done":3}"#
                )
                .answering(.empty(204, "It is stored."))
                .refusing(.invalidParameter, .leaseLost, .gone),
        ]
    }

    private static let progressSchema = Schema.fields([
        "progress": Schema.integer(0...100).about("In percent.").optional,
        "message": Schema.text.about("What is beyond \(JobLimits.progressMessageBytes) bytes is cut.").optional,
        "data": Schema.anyObject.atMost(bytes: JobLimits.dataBytes, "Shown with the job.").optional,
    ])
    private static let logsSchema = Schema.fields([
        "batch": Schema.count.about("The batch's number, larger than the one before.").optional,
        "lines": Schema.array(
            .fields([
                "ts": Schema.foreignTime.about("Left out: now.").optional,
                "level": Schema.logLevel.standard("\"info\"").optional,
                "msg": Schema.text.about("What is beyond \(JobLimits.logLineBytes) bytes is cut.").optional,
            ]),
            count: 0...logLines
        ).optional,
    ])

    private func progress(_ request: Request, _ context: APIContext) async throws -> Response {
        var (progress, message, data) = (Int64?.none, String?.none, JSONText?.none)
        try await services.readFields(request, context) { reader, name, value in
            switch name {
            case "progress": progress = reader.integer(name, value, in: 0...100)
            case "message": message = reader.string(name, value)
            case "data": data = reader.object(name, value)
            default: return false
            }
            return true
        }.finish()
        var report = RunReport(lease: try await services.lease(request, context).lease)
        report.progress = progress.map { Int($0) }
        (report.message, report.data) = (message, data)
        return try await answer(to: report, context)
    }

    private func logs(_ request: Request, _ context: APIContext) async throws -> Response {
        var (batch, items) = (Int64?.none, [JSONText]())
        var reader = try await services.readFields(request, context) { reader, name, value in
            switch name {
            case "batch": batch = reader.integer(name, value, in: 0...Int64.max)
            case "lines": items = reader.array(name, value) ?? []
            default: return false
            }
            return true
        }
        if items.count > Self.logLines {
            reader.refuse("lines", "too-long", "lines has \(items.count) lines; at most \(Self.logLines) are allowed.")
        }
        try reader.finish()
        let lines = try items.enumerated().map { try line($1, at: $0) }
        var report = RunReport(lease: try await services.lease(request, context).lease)
        (report.logs, report.logBatch) = (lines, batch)
        return try await answer(to: report, context, status: .accepted)
    }

    private func line(_ item: JSONText, at index: Int) throws -> LogLine {
        var line = LogLine(at: services.now, level: .info, message: "")
        try FieldReader.readItem(item, at: "/lines/\(index)") { reader, name, value in
            switch name {
            case "ts": line.at = reader.nearestMoment(name, value)?.date ?? line.at
            case "msg": line.message = reader.string(name, value) ?? ""
            case "level": line.level = Self.level(name, value, &reader) ?? line.level
            default: return false
            }
            return true
        }
        return line
    }

    private static func level(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> LogLine.Level? {
        guard let text = reader.string(name, value) else { return nil }
        if let level = LogLine.Level(rawValue: text) { return level }
        let expected = LogLine.Level.allCases.map(\.rawValue).joined(separator: ", ")
        reader.refuse(name, "invalid", "level is \"\(text.quotable)\"; it must be one of \(expected).")
        return nil
    }

    private func checkpoint(_ request: Request, _ context: APIContext) async throws -> Response {
        let checkpoint = try await request.json(context, limit: JobLimits.checkpointBytes)
        var report = RunReport(lease: try await services.lease(request, context).lease)
        guard let checkpoint else { throw Problem(.validation, "The body is empty; it is the checkpoint, as JSON.") }
        report.checkpoint = checkpoint
        guard try await write(report, context) == .applied else {
            throw try await services.leaseLost(report.lease, context)
        }
        return Response(status: .noContent, headers: .noStore)
    }

    private func answer(
        to report: RunReport,
        _ context: APIContext,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let action: String
        switch try await write(report, context) {
        case .applied: action = "continue"
        case .cancelled: action = "cancel"
        case .fenced: throw try await services.leaseLost(report.lease, context)
        }
        return .json(status, headers: .noStore) { writer in writer.object { $0.member("action", action) } }
    }

    private func write(_ report: RunReport, _ context: APIContext) async throws -> WriteResult {
        guard let result = try await services.stores.jobs.report([report]).first else {
            throw JobStoreError(.corrupt, "The store answered nothing for one report.")
        }
        return result
    }
}
#endif
