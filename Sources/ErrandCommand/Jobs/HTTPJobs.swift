#if Server
import AsyncHTTPClient
import Errand
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Jobs of a running server.
struct HTTPJobs: JobAccess {
    let connection: HTTPConnection

    func submit(_ body: JSONText) async throws -> JobDocument {
        try await JobDocument(connection.json(.POST, "/api/jobs", body: body))
    }

    func job(_ job: JobReference) async throws -> JobDocument {
        try await JobDocument(connection.json(.GET, "/api/jobs/\(job.pathPart)"))
    }

    func jobs(_ request: ListRequest) async throws -> [JobDocument] {
        var found: [JobDocument] = []
        var next: String? = Self.target(of: request)
        while let target = next, found.count < request.limit {
            let (text, link) = try await connection.page(target)
            found += try text.elements().map { try JobDocument($0) }
            next = link
        }
        return Array(found.prefix(request.limit))
    }

    private static func target(of request: ListRequest) -> String {
        var query = "?limit=\(min(request.limit, 200))"
        if !request.statuses.isEmpty {
            query += "&status=" + request.statuses.map(\.rawValue).joined(separator: ",")
        }
        for (name, value) in [("type", request.type), ("projectId", request.project), ("queue", request.queue)] {
            if let value { query += "&\(name)=\(value.percentEncoded)" }
        }
        return "/api/jobs" + query
    }

    func follow(
        _ job: JobReference,
        mayRun: Bool,
        show: @escaping @Sendable (JobDocument) async throws -> Void
    ) async throws -> JobDocument {
        try await JobEvents(connection: connection, job: job).follow(show)
    }

    func cancel(_ job: JobReference, reason: String?) async throws -> JobDocument {
        var body = JSONWriter()
        body.object { $0.memberIfPresent("reason", reason) }
        _ = try await connection.json(.POST, "/api/jobs/\(job.pathPart)/cancel", body: body.text)
        return try await self.job(job)
    }

    func retry(_ job: JobReference) async throws -> JobDocument {
        _ = try await connection.json(.POST, "/api/jobs/\(job.pathPart)/retry", body: .emptyObject)
        return try await self.job(job)
    }

    func logs(_ job: JobReference, after: Int64) async throws -> [Document] {
        try await list("/api/jobs/\(job.pathPart)/logs?after=\(after)&limit=1000")
    }

    func result(_ job: JobReference) async throws -> JSONText? {
        let document = try await self.job(job).document
        guard document.string("resultType") == nil || document.string("resultType") == "INLINE" else { return nil }
        return try await connection.json(.GET, "/api/jobs/\(job.pathPart)/result")
    }

    func files(_ job: JobReference) async throws -> [Document] {
        try await list("/api/jobs/\(job.pathPart)/files")
    }

    func download(_ name: String?, of job: JobReference, to sink: FileSink) async throws {
        let place = name.map { "files/\($0.percentEncoded)" } ?? "result"
        try await connection.download("/api/jobs/\(job.pathPart)/\(place)", to: sink)
    }

    func counts(project: String) async throws -> Document {
        try await Document(connection.json(.GET, "/api/jobs/projects/\(project.percentEncoded)/stats"))
    }

    func queues() async throws -> [Document] { try await list("/api/queues") }

    func workers() async throws -> [Document] { try await list("/api/workers") }

    func delete(queue: String) async throws { try await connection.delete("/api/queues/\(queue.percentEncoded)") }

    func pause(queue: String, reason: String?, creating: Bool) async throws -> Document {
        var body = JSONWriter()
        body.object { body in
            body.memberIfPresent("reason", reason)
            if creating { body.member("create", true) }
        }
        return try await Document(
            connection.json(.POST, "/api/queues/\(queue.percentEncoded)/pause", body: body.text)
        )
    }

    func resume(queue: String) async throws -> Document {
        try await Document(
            connection.json(.POST, "/api/queues/\(queue.percentEncoded)/resume", body: .emptyObject)
        )
    }

    func upload(_ file: FileSource, progress: @escaping @Sendable (Int64) -> Void) async throws -> String {
        let target = "/api/uploads?filename=\(file.filename.percentEncoded)"
        let answer = try await Document(connection.upload(file, to: target, progress: progress))
        guard let id = answer.string("uploadId") else {
            throw CommandFailure(.unavailable, "The server's answer to the upload has no uploadId.")
        }
        return id
    }

    func datasets(project: String) async throws -> [Document] {
        try await list("/api/projects/\(project.percentEncoded)/datasets")
    }

    func keys() async throws -> [Document] { try await list("/api/keys") }

    func createKey(_ body: JSONText) async throws -> Document {
        try await Document(connection.json(.POST, "/api/keys", body: body))
    }

    func revokeKey(_ id: JobID) async throws { try await connection.delete("/api/keys/\(id)") }

    private func list(_ target: String) async throws -> [Document] {
        try await connection.json(.GET, target).elements().map { try Document($0) }
    }
}

extension JobReference {
    /// The reference as a part of a path.
    var pathPart: String {
        switch self {
        case .id(let id): id.description
        case .number(let number): "\(number)"
        }
    }
}

extension String {
    /// The text as a part of a path or a value of a query: all but letters, digits and `-._~` escaped.
    var percentEncoded: String {
        utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.properties.isAlphabetic && byte < 0x80 || ("0"..."9").contains(scalar)
                || "-._~".contains(Character(scalar))
            {
                text.unicodeScalars.append(scalar)
            } else {
                text += "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
#endif
