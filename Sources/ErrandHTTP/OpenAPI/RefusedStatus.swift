#if Server
import Errand

/// The problems of one status that an operation may be refused with: one response of an ``OpenAPIDocument``.
struct RefusedStatus {
    let status: Int
    let problems: [ProblemType]
    let access: APIOptions.Access

    /// The name under which operations share it.
    var name: String { problems.map(\.rawValue).joined(separator: ".") }

    /// Those of an operation, by status.
    static func all(of route: APIRoute, access: APIOptions.Access) -> [RefusedStatus] {
        Dictionary(grouping: route.problems, by: \.status)
            .map { RefusedStatus(status: $0.key, problems: $0.value, access: access) }
            .sorted { $0.status < $1.status }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("description", problems.map { "\($0.rawValue): \($0.title)" }.joined(separator: " "))
            writer.member("headers") { writer in writer.object { writeHeaders(to: &$0) } }
            writer.member("content") { writer in
                writer.object { writer in
                    writer.member("application/problem+json") { writer in
                        writer.object { writer in
                            writer.member("schema") { $0.object { writeSchema(to: &$0) } }
                            writer.member("examples") { $0.object { writeExamples(to: &$0) } }
                        }
                    }
                }
            }
        }
    }

    private func writeHeaders(to writer: inout JSONWriter) {
        writer.member("X-Request-Id") { writer in
            writer.object { $0.member("$ref", "#/components/headers/X-Request-Id") }
        }
        if problems.contains(.unauthenticated) { writeHeader("WWW-Authenticate", "How to get in.", to: &writer) }
        if problems.contains(where: \.isTemporary) {
            writeHeader("Retry-After", "In how many seconds to come back.", to: &writer)
        }
    }

    private func writeHeader(_ name: String, _ meaning: String, to writer: inout JSONWriter) {
        writer.member(name) { writer in
            writer.object { writer in
                writer.member("description", meaning)
                writer.member("schema") { Schema.text.write(to: &$0) }
            }
        }
    }

    private func writeSchema(to writer: inout JSONWriter) {
        writer.member("allOf") { writer in
            writer.array { writer in
                Schema.problem.write(to: &writer)
                writer.object { writer in
                    writer.member("properties") { writer in
                        writer.object { writer in
                            writer.member("type") { Schema.words(problems.map(\.uri)).write(to: &$0) }
                            writer.member("status") { writer in writer.object { $0.member("const", status) } }
                        }
                    }
                }
            }
        }
    }

    private func writeExamples(to writer: inout JSONWriter) {
        for problem in problems {
            writer.member(problem.rawValue) { writer in
                writer.object { writer in
                    writer.member("summary", problem.title)
                    writer.member("value") { writer in
                        writer.object { Problem(problem, nil).write(to: &$0, instance: nil, requestId: "1b9d6bcd") }
                    }
                }
            }
        }
    }
}

extension ProblemType {
    /// Whether the same request may succeed later, and the answer says when.
    fileprivate var isTemporary: Bool {
        // Of a unique key: while the run of a cancelled job stops.
        self == .storageUnavailable || self == .quotaExceeded || self == .uniqueConflict
    }
}

extension Schema {
    /// A refusal (RFC 9457).
    static let problem = Schema.object([
        "type": .text.about("The kind, as a URI: relative to this server, where it is explained."),
        "title": .text.about("What the kind is called."),
        "status": .integer(400...599),
        "detail": .text.about("What happened this time.").optional,
        "instance": .text.about("The path of the request.").optional,
        "requestId": .text.about("Names the request in the server's log."),
        "currentStatus": .status.optional,
        "currentFence": Schema.count.about("The job's fence, where a lease was over.").optional,
        "violated-policies": Schema.array(.text).about("The quotas that were used up.").optional,
        "errors": .array(
            .object([
                "pointer": .text.about("A JSON pointer (RFC 6901) into the body.").optional,
                "parameter": .text.about("The parameter of the query, or the header field.").optional,
                "code": .text.about("A word for a program."),
                "detail": .text.about("A sentence with the offending value."),
            ])
        ).about("What is wrong where.").optional,
    ]).named("Problem")
}
#endif
