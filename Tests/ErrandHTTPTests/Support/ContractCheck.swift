#if Server
import Errand
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// Holds an exchange of any test to what the route declares: status, media type, header, body and problem.
struct ContractCheck {
    let table: RouteTable

    func look(_ method: HTTPRequest.Method, _ uri: String, _ body: String?, _ reply: Reply) {
        let path = String(uri.prefix { $0 != "?" })
        let wanted = method == .head ? .get : method
        guard let route = table.routes(at: path).first(where: { $0.method == wanted }) else { return }
        for finding in findings(route, method, reply) + bodyFindings(route, body, reply) {
            Issue.record("\(route.operation), declared otherwise: \(finding) (\(method) \(uri), \(reply.status))")
        }
    }

    private func findings(_ route: APIRoute, _ method: HTTPRequest.Method, _ reply: Reply) -> [String] {
        if let kind = reply.mediaType, kind == "application/problem+json" {
            return problemFindings(route, method, reply)
        }
        let answers = route.description.answers.filter { $0.status == reply.status }
        guard !answers.isEmpty else { return ["the status is not declared"] }
        // A body that may be left out is: Prefer has return=minimal.
        if method == .head || reply.text.isEmpty { return [] }
        let answer = answers.first { $0.mediaType == reply.mediaType || $0.mediaType == "*/*" }
        guard let answer else { return ["the media type \(reply.mediaType ?? "none") is not declared"] }
        guard let schema = answer.schema else { return [] }
        guard let json = try? reply.json else { return ["the body is no JSON"] }
        return SchemaCheck.findings(in: json, schema)
    }

    private func problemFindings(_ route: APIRoute, _ method: HTTPRequest.Method, _ reply: Reply) -> [String] {
        guard method != .head else { return [] }
        guard let json = try? reply.json, let type = try? reply.string("type") else { return ["no problem"] }
        let isDeclared = route.problems.contains { $0.uri == type && $0.status == reply.status }
        return (isDeclared ? [] : ["the problem \(type) is not declared"])
            + SchemaCheck.findings(in: json, .problem)
    }

    /// What was accepted must be what the declaration allows.
    private func bodyFindings(_ route: APIRoute, _ body: String?, _ reply: Reply) -> [String] {
        guard (200..<300).contains(reply.status), let body, let schema = route.description.body else { return [] }
        // handling=lenient takes more and says so, and so does a bulk whose jobs stand each for itself.
        guard !["\"warnings\":", "\"results\":"].contains(where: reply.text.contains),
            let json = try? JSONText(validating: body)
        else { return [] }
        return SchemaCheck.findings(in: json, schema).map { "of the request: \($0)" }
    }
}

extension Reply {
    /// The content type without its parameters.
    fileprivate var mediaType: String? { headers[.contentType].map { String($0.prefix { $0 != ";" }) } }
}
#endif
