#if Server
import Errand
import HTTPTypes

/// One operation of an ``OpenAPIDocument``.
struct OpenAPIOperation {
    let route: APIRoute
    let access: APIOptions.Access

    private var description: RouteDescription { route.description }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("operationId", route.operation)
            if let tag = description.tag {
                writer.member("tags") { writer in writer.array { $0.value(tag.rawValue) } }
            }
            writer.member("summary", description.summary)
            writer.memberIfPresent("description", description.detail)
            writeSecurity(to: &writer)
            if !description.parameters.isEmpty {
                writer.member("parameters") { writer in
                    writer.array { writer in
                        for parameter in description.parameters { parameter.write(to: &writer) }
                    }
                }
            }
            if route.body != .none { writer.member("requestBody") { $0.object { writeBody(to: &$0) } } }
            writer.member("responses") { $0.object { writeResponses(to: &$0) } }
        }
    }

    /// What is asked for; nothing, too, where a server asks nobody.
    private func writeSecurity(to writer: inout JSONWriter) {
        writer.member("security") { writer in
            writer.array { writer in
                guard let scope = route.scope else { return }
                writer.object { writer in
                    writer.member("key") { writer in writer.array { $0.value(scope.rawValue) } }
                }
                if access == .loopback { writer.object { _ in } }
            }
        }
        writer.memberIfPresent("x-errand-scope", route.scope?.rawValue)
    }

    private func writeBody(to writer: inout JSONWriter) {
        // A file may be empty.
        writer.member("required", route.body == .object || route.body == .value)
        writer.member("content") { writer in
            writer.object { writer in
                guard route.body != .file else {
                    return writer.member("application/octet-stream") { $0.object { _ in } }
                }
                writer.member("application/json") { writer in
                    writer.object { writer in
                        if let schema = description.body { writer.member("schema") { schema.write(to: &$0) } }
                        writer.memberIfPresent("example", description.example.map { JSONText(trusted: $0) })
                    }
                }
            }
        }
    }

    private func writeResponses(to writer: inout JSONWriter) {
        for answers in description.answers.byStatus {
            writer.member("\(answers[0].status)") { writer in writer.object { answers.writeMembers(to: &$0) } }
        }
        for refused in RefusedStatus.all(of: route, access: access) {
            // An answer of the same status says it all: /readyz has its own 503.
            guard !description.answers.contains(where: { $0.status == refused.status }) else { continue }
            writer.member("\(refused.status)") { writer in
                writer.object { $0.member("$ref", "#/components/responses/\(refused.name)") }
            }
        }
    }
}

extension Parameter {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.member("in", place.rawValue)
            writer.member("description", meaning)
            if isRequired { writer.member("required", true) }
            if case .array = schema.form, place == .query {
                writer.member("style", "form")
                writer.member("explode", false)
            }
            writer.member("schema") { schema.write(to: &$0) }
            if let example { writer.member("example", example) }
        }
    }
}

extension [Answer] {
    /// Those of one status together, each group in the order of the first of it.
    fileprivate var byStatus: [[Answer]] {
        reduce(into: []) { groups, answer in
            if let index = groups.firstIndex(where: { $0[0].status == answer.status }) {
                groups[index].append(answer)
            } else {
                groups.append([answer])
            }
        }
    }

    /// Writes what answers of one status have in common, and the media types they differ in.
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("description", map(\.meaning).joined(separator: " "))
        writer.member("headers") { writer in
            writer.object { writer in
                writer.member("X-Request-Id") { writer in
                    writer.object { $0.member("$ref", "#/components/headers/X-Request-Id") }
                }
                for header in first?.headers ?? [] { header.write(to: &writer) }
            }
        }
        guard contains(where: { $0.mediaType != nil }) else { return }
        writer.member("content") { writer in
            writer.object { writer in
                for answer in self {
                    guard let mediaType = answer.mediaType else { continue }
                    writer.member(mediaType) { writer in
                        writer.object { writer in
                            if let schema = answer.schema { writer.member("schema") { schema.write(to: &$0) } }
                        }
                    }
                }
            }
        }
    }
}

extension Answer.Header {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member(name.rawName) { writer in
            writer.object { writer in
                writer.member("description", meaning)
                writer.member("schema") { schema.write(to: &$0) }
            }
        }
    }
}
#endif
