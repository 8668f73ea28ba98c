#if Server
import Errand
import HTTPTypes
import Hummingbird
import NIOCore

/// A refusal, in the form of RFC 9457.
struct Problem: Error, Sendable {
    /// What is wrong with one part of the request.
    struct Part: Sendable, Equatable {
        /// A JSON pointer (RFC 6901) into the body; nil for a parameter.
        var pointer: String?
        /// The parameter; nil for the body.
        var parameter: String?
        /// A word for a program.
        var code: String
        /// A sentence for a person, with the offending value.
        var detail: String
    }

    /// The kind.
    let type: ProblemType
    /// What happened this time; nothing for what only the log should know.
    var detail: String?
    /// What is wrong where.
    var parts: [Part]
    /// The job's status, where that was the reason.
    var currentStatus: JobStatus?
    /// The job's fence, where a lease was over.
    var currentFence: Int64?
    /// The quotas that were used up.
    var violatedPolicies: [String] = []
    /// Header fields that belong to the refusal.
    var headers: HTTPFields = [:]

    init(_ type: ProblemType, _ detail: String?, parts: [Part] = [], currentStatus: JobStatus? = nil) {
        self.type = type
        self.detail = detail
        self.parts = parts
        self.currentStatus = currentStatus
    }

    var status: Int { type.status }

    /// A wrong parameter of the query or a header.
    static func parameter(_ name: String, _ code: String, _ detail: String) -> Problem {
        Problem(.invalidParameter, detail, parts: [Part(parameter: name, code: code, detail: detail)])
    }

    /// A wrong field of the body.
    static func field(_ pointer: String, _ code: String, _ detail: String) -> Problem {
        Problem(.validation, detail, parts: [Part(pointer: pointer, code: code, detail: detail)])
    }
}

extension Problem {
    func response(to request: Request, requestId: String) -> Response {
        let document = document(instance: request.uri.path, requestId: requestId)
        var response = Response(
            status: .init(code: status),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: document))
        )
        response.headers[.contentType] = "application/problem+json"
        response.headers[.cacheControl] = "no-store"
        for field in headers { response.headers[field.name] = field.value }
        return response
    }

    /// The problem as JSON.
    func document(instance: String?, requestId: String) -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.object { write(to: &$0, instance: instance, requestId: requestId) }
        return Array(writer.bytes)
    }

    func write(to writer: inout JSONWriter, instance: String?, requestId: String) {
        writer.member("type", type.uri)
        writer.member("title", type.title)
        writer.member("status", status)
        writer.memberIfPresent("detail", detail)
        writer.memberIfPresent("instance", instance)
        writer.member("requestId", requestId)
        writer.memberIfPresent("currentStatus", currentStatus?.rawValue)
        if let currentFence { writer.member("currentFence", currentFence) }
        if !violatedPolicies.isEmpty {
            writer.member("violated-policies") { writer in
                writer.array { writer in for policy in violatedPolicies { writer.value(policy) } }
            }
        }
        guard !parts.isEmpty else { return }
        writer.member("errors") { writer in
            writer.array { writer in
                for part in parts { writer.object { part.write(to: &$0) } }
            }
        }
    }
}

extension Problem.Part {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.memberIfPresent("pointer", pointer)
        writer.memberIfPresent("parameter", parameter)
        writer.member("code", code)
        writer.member("detail", detail)
    }
}

extension String {
    /// The text as it may be shown in a sentence: at most 100 bytes of it.
    var quotable: String {
        let short = cut(toBytes: 100)
        return short.utf8.count == utf8.count ? self : short + "…"
    }
}
#endif
