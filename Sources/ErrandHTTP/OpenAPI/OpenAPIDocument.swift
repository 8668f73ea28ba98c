#if Server
import Errand
import HTTPTypes

/// The routes as a description that programs read (OpenAPI 3.1); the same routes make the same bytes.
struct OpenAPIDocument {
    let routes: [APIRoute]
    let access: APIOptions.Access

    var text: JSONText {
        var writer = JSONWriter(reserving: 256 * 1024)
        writer.object { writer in
            writer.member("openapi", "3.1.0")
            writer.member("info") { $0.object { Self.writeInfo(to: &$0) } }
            writer.member("servers") { writer in writer.array { $0.object { $0.member("url", "/") } } }
            writer.member("tags") { writeTags(to: &$0) }
            writer.member("paths") { writer in writer.object { writePaths(to: &$0) } }
            writer.member("components") { writer in writer.object { writeComponents(to: &$0) } }
        }
        return writer.text
    }

    private static func writeInfo(to writer: inout JSONWriter) {
        writer.member("title", "Errand")
        writer.member("version", "1")
        writer.member("summary", "Durable background jobs over HTTP.")
        writer.member(
            "description",
            """
            Every refusal is problem+json (RFC 9457). Fields that an operation does not have are refused by name, and \
            so are parameters of the query where it has any; answers may get new members. Every GET answers HEAD as \
            well, and every path OPTIONS.
            """
        )
        writer.member("license") { writer in
            writer.object { writer in
                writer.member("name", "Apache 2.0")
                writer.member("identifier", "Apache-2.0")
            }
        }
    }

    private func writeTags(to writer: inout JSONWriter) {
        let used = Set(routes.compactMap(\.description.tag))
        writer.array { writer in
            for tag in Tag.allCases where used.contains(tag) {
                writer.object { writer in
                    writer.member("name", tag.rawValue)
                    writer.member("description", tag.meaning)
                }
            }
        }
    }

    private func writePaths(to writer: inout JSONWriter) {
        var seen: Set<String> = []
        for path in routes.map(\.path) where seen.insert(path).inserted {
            writer.member(path) { writer in
                writer.object { writer in
                    for route in routes where route.path == path {
                        writer.member(route.method.rawValue.lowercased()) { writer in
                            OpenAPIOperation(route: route, access: access).write(to: &writer)
                        }
                    }
                }
            }
        }
    }

    private func writeComponents(to writer: inout JSONWriter) {
        let named = routes.namedSchemas
        writer.member("schemas") { writer in
            writer.object { writer in
                for (name, schema) in named.sorted(by: { $0.key < $1.key }) {
                    writer.member(name) { writer in writer.object { schema.writeMembers(to: &$0) } }
                }
            }
        }
        writer.member("responses") { writer in
            writer.object { writer in
                var seen: Set<String> = []
                let refusals = routes.flatMap { RefusedStatus.all(of: $0, access: access) }
                for refused in refusals.sorted(by: { $0.name < $1.name }) where seen.insert(refused.name).inserted {
                    writer.member(refused.name) { refused.write(to: &$0) }
                }
            }
        }
        writer.member("headers") { writer in writer.object { writer in Self.writeHeaders(to: &writer) } }
        writer.member("securitySchemes") { writer in writer.object { Self.writeSecurity(to: &$0) } }
    }

    private static func writeHeaders(to writer: inout JSONWriter) {
        writer.member("X-Request-Id") { writer in
            writer.object { writer in
                writer.member("description", "Names the request in logs: the client's own X-Request-Id, or a new one.")
                writer.member("schema") { Schema.string(1...128, pattern: "^[A-Za-z0-9._-]+$").write(to: &$0) }
            }
        }
    }

    private static func writeSecurity(to writer: inout JSONWriter) {
        writer.member("key") { writer in
            writer.object { writer in
                writer.member("type", "http")
                writer.member("scheme", "bearer")
                writer.member("bearerFormat", "ek_…")
                writer.member("description", "An API key: POST /api/keys or errand keys create makes one.")
            }
        }
    }
}

extension [APIRoute] {
    /// Every schema with a name that the routes speak of.
    var namedSchemas: [String: Schema] {
        var named: [String: Schema] = [:]
        Schema.problem.collect(into: &named)
        for description in map(\.description) {
            description.body?.collect(into: &named)
            for parameter in description.parameters { parameter.schema.collect(into: &named) }
            for answer in description.answers { answer.schema?.collect(into: &named) }
        }
        return named
    }
}
#endif
