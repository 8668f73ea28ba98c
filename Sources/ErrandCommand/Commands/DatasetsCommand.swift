#if Server
import ArgumentParser
import Errand
import FoundationEssentials

/// Lists datasets.
struct DatasetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "datasets", abstract: "List a project's datasets.")

    @Option(help: "The project.") var project: String
    @OptionGroup var access: AccessOptions

    func run() async throws {
        try await access.with { jobs in
            let datasets = try await jobs.datasets(project: project)
            if access.json { return JSONLines.print(datasets) }
            var table = Table([("DATASET", .left), ("ROWS", .right), ("CHANGED", .left), ("COLUMNS", .left)])
            let now = Date()
            for dataset in datasets {
                table.add([
                    dataset.string("name"), dataset.integer("rows")?.grouped,
                    dataset.date("updatedAt").map { Human.age($0, now: now) }, try Self.columns(dataset),
                ])
            }
            table.print(empty: "The project \(project) has no datasets.")
        }
    }

    private static func columns(_ dataset: Document) throws -> String {
        let fields = try dataset.document("schema")?["fields"]?.elements() ?? []
        return try fields.compactMap { try Document($0).string("name") }.joined(separator: ", ")
    }
}

/// Prints the version.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var writer = JSONWriter()
        writer.object { $0.member("version", Version.current) }
        StandardStream.output.print(json ? writer.text.string : "errand \(Version.current)")
    }
}
#endif
