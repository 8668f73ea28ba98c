#if Server
import ArgumentParser
import Errand
import ErrandFiles
import FoundationEssentials

/// Imports a CSV file into a dataset.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import a CSV file into a dataset.",
        discussion: """
            Rows that cannot be read are counted, left out, and listed in an error report: line, column, what is \
            wrong, and the row.

                errand import invoices.csv --project demo --dataset invoices
            """
    )

    @Argument(help: "The file; - is standard input.") var file: String
    @Option(help: "The project the dataset belongs to.") var project: String
    @Option(help: "The dataset; named after the file by default.") var dataset: String?
    @Option(help: "append adds to the rows already there, replace puts the new ones in their place.")
    var mode: Mode = .append
    @Flag(name: .customLong("no-header"), help: "The first line is a row; columns are column1, column2, ...")
    var noHeader = false
    @Option(help: "What separates cells, such as ';' or tab; found out by default.") var delimiter: String?
    @Flag(inversion: .prefixedNo, help: "Show progress until it ends.") var watch = true
    @OptionGroup var access: AccessOptions

    enum Mode: String, ExpressibleByArgument, CaseIterable { case append, replace }

    func run() async throws {
        try await access.with { jobs in
            let source = try FileSource(path: file)
            let name = try datasetName(source)
            let display = JobDisplay(json: access.json)
            let upload = try await jobs.upload(source) { display.showUpload($0, of: source.size) }
            display.clear()
            let job = try await jobs.submit(try body(upload: upload, dataset: name))
            guard watch else {
                return StandardStream.output.print(
                    access.json ? job.document.json.onOneLine.string : "Submitted \(job.name)."
                )
            }
            let ended = try await jobs.follow(job.reference, mayRun: true) { display.show($0) }
            display.clear()
            if !access.json { say(ended, dataset: name) }
            guard ended.exitStatus == .ok else { throw ExitCode(ended.exitStatus.rawValue) }
        }
    }

    private func datasetName(_ source: FileSource) throws -> String {
        if let dataset { return dataset }
        guard source.path != "-" else {
            throw CommandFailure(.usage, "Standard input has no name: give the dataset's with --dataset.")
        }
        return source.filename.lastIndex(of: ".").map { String(source.filename[..<$0]) } ?? source.filename
    }

    private func body(upload: String, dataset: String) throws -> JSONText {
        let separator = delimiter.map { $0.lowercased() == "tab" || $0 == "\\t" ? "\t" : $0 }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", BuiltInTypes.importType.name)
            writer.member("projectId", project)
            writer.member("payload") { writer in
                writer.object { writer in
                    writer.member("source") { $0.object { $0.member("upload", upload) } }
                    writer.member("format", "csv")
                    writer.member("dataset", dataset)
                    writer.member("mode", mode.rawValue)
                    writer.member("csv") { writer in
                        writer.object { writer in
                            if noHeader { writer.member("header", false) }
                            writer.memberIfPresent("delimiter", separator)
                        }
                    }
                }
            }
        }
        return writer.text
    }

    private func say(_ job: JobDocument, dataset: String) {
        guard job.status == .completed, let result = job.document.document("result") else {
            return StandardStream.error.print(JobDisplay.summary(job))
        }
        let rows = Human.count(result.integer("recordsCreated") ?? 0, "row")
        let took = job.runDuration.map { " in \(Human.time($0))" } ?? ""
        StandardStream.output.print("Imported \(rows) into \(project)/\(dataset)\(took).")
        let errors = result.integer("errors") ?? 0
        guard errors > 0 else { return }
        let report = result.string("errorReport") ?? "errors.csv"
        StandardStream.output.print(
            "\(Human.count(errors, "row")) could not be read: errand result \(job.number) --file \(report)"
        )
    }
}
#endif
