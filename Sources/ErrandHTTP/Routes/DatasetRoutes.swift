#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Imported rows.
struct DatasetRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        let base = "/api/projects/{projectId}/datasets"
        return [
            APIRoute(.get, base, "listDatasets", .jobsRead, list)
                .documented(.datasets, "List a project's datasets")
                .with(.project)
                .answering(.json(200, .array(DatasetJSON.schema), "The datasets.")),
            APIRoute(.get, base + "/{name}", "getDataset", .jobsRead, get)
                .documented(.datasets, "Get a dataset")
                .with(.project, .dataset)
                .answering(.json(200, DatasetJSON.schema, "What it is.")),
            APIRoute(.get, base + "/{name}/rows", "listDatasetRows", .jobsRead, rows)
                .documented(.datasets, "Read a dataset's rows", "In the order they were imported in.")
                .with(.project, .dataset, .limit("How many."), .cursor)
                .answering(.json(200, .array(.anyObject), "Each row is an object by column.", .link)),
            APIRoute(.delete, base + "/{name}", "deleteDataset", .jobsOperate, delete)
                .documented(.datasets, "Delete a dataset")
                .with(.project, .dataset)
                .answering(.empty(204, "It is deleted."))
                .refusing(.conflict),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let project = try context.project()
        let datasets = try await services.stores.datasets.datasets(projectId: project, scope: context.scope)
        return .json(headers: .privateNoCache) { writer in
            writer.array { writer in for dataset in datasets { DatasetJSON.write(dataset, to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let dataset = try await dataset(context)
        return .json(headers: .privateNoCache) { DatasetJSON.write(dataset, to: &$0) }
    }

    private func dataset(_ context: APIContext) async throws -> Dataset {
        try await services.stores.datasets.dataset(
            context.pathName("name"),
            projectId: context.project(),
            scope: context.scope
        )
    }

    private func rows(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let query = try Query(request, names: ["limit", "cursor"])
        let limit = try query.limit()
        let dataset = try await dataset(context)
        let reference = dataset.reference
        // The generation is part of it: a cursor into rows that were replaced is refused, not silently moved.
        let list = [
            "rows", reference.tenantId?.text ?? "", reference.projectId.text, reference.name.text,
            String(dataset.generation),
        ]
        let position = try query.value("cursor").map { (text) throws(Problem) in
            try services.cursors.decode(text, list: list)
        }
        let rows = try await services.stores.datasets.rows(of: dataset, after: position ?? 0, limit: limit)
        let bodies = try rows.map { try DatasetJSON.row($0.values, columns: dataset.columns) }
        var headers = HTTPFields.privateNoCache
        let path = request.uri.path
        headers[.link] = "<\(path)?limit=\(limit)>; rel=\"first\""
        if rows.count == limit, let last = rows.last {
            let cursor = services.cursors.encode(last.position, list: list)
            headers[.link] =
                "<\(path)?limit=\(limit)&cursor=\(cursor)>; rel=\"next\", <\(path)?limit=\(limit)>; rel=\"first\""
        }
        return .json(headers: headers, reserving: 1024 + rows.count * 256) { writer in
            writer.array { writer in for body in bodies { writer.value(body) } }
        }
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await services.stores.datasets.deleteDataset(
            context.pathName("name"),
            projectId: context.project(),
            scope: context.scope
        )
        return Response(status: .noContent, headers: .noStore)
    }
}
#endif
