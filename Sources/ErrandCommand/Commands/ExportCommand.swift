#if Server
import ArgumentParser
import Errand
import ErrandFiles

/// Exports a dataset as CSV.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export a dataset as CSV.",
        discussion: """
            The file goes to standard output, or to --output, where it appears once it is whole. Cells that a \
            spreadsheet would take for a formula get a ' in front, unless --raw is given.

                errand export invoices --project demo > invoices.csv
            """
    )

    @Argument(help: "The dataset.") var dataset: String
    @Option(help: "The project it belongs to.") var project: String
    @Option(name: .shortAndLong, help: "Where to write it; standard output by default.") var output: String?
    @Option(help: "The columns to write, with commas between them; all by default.") var columns: String?
    @Flag(name: .customLong("no-header"), help: "Leave the line with the columns' names out.") var noHeader = false
    @Flag(help: "Leave cells that look like formulas as they are.") var raw = false
    @OptionGroup var access: AccessOptions

    func validate() throws {
        guard !access.json || output != nil else {
            throw ValidationError("--json prints the job on standard output; give the file's place with --output.")
        }
    }

    func run() async throws {
        try await access.with { jobs in
            // Opened first: whoever cannot write there need not wait for the export.
            let sink = try FileSink(path: output)
            let job = try await jobs.submit(body())
            let display = JobDisplay(json: access.json, quiet: output == nil)
            let ended = try await jobs.follow(job.reference, mayRun: true) { display.show($0) }
            display.clear()
            guard ended.status == .completed else {
                throw CommandFailure(ended.exitStatus, JobDisplay.summary(ended))
            }
            try await jobs.download(nil, of: ended.reference, to: sink)
            try sink.finish()
            say(ended, sink)
        }
    }

    private func say(_ job: JobDocument, _ sink: FileSink) {
        guard let output, !access.json else { return }
        let rows = job.document.document("result")?.integer("rows").map { Human.count($0, "row") } ?? "The dataset"
        StandardStream.output.print("Exported \(rows) to \(output) (\(Human.bytes(sink.bytes))).")
    }

    private func body() -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", BuiltInTypes.exportType.name)
            writer.member("projectId", project)
            writer.member("payload") { writer in
                writer.object { writer in
                    writer.member("dataset", dataset)
                    writer.member("format", "csv")
                    writer.member("filename", "\(dataset.escaped { $0 == "/" || $0 == "\\" ? "-" : nil }).csv")
                    if let columns {
                        writer.member("columns") { writer in
                            writer.array { writer in
                                for name in columns.split(separator: ",") { writer.value(String(name)) }
                            }
                        }
                    }
                    writer.member("csv") { writer in
                        writer.object { writer in
                            if noHeader { writer.member("header", false) }
                            if raw { writer.member("formulaGuard", false) }
                        }
                    }
                }
            }
        }
        return writer.text
    }
}
#endif
