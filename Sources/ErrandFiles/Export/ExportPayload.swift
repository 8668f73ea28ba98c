#if Files
import Errand

/// What an `Export` job is asked to do.
struct ExportPayload: Sendable, Hashable {
    let dataset: Name
    /// The columns to write, in this order; nil is all.
    let columns: [String]?
    let filename: String
    let csv: CSVWriterOptions

    init(_ payload: JSONText) throws(JobStoreError) {
        let object = try PayloadObject(payload, at: "/payload")
        try object.refuseOthers(
            than: ["dataset", "columns", "format", "filename", "csv"],
            later: ["filter", "sort", "sheet"]
        )
        dataset = Name(try object.requiredName("dataset"))
        columns = try Self.columns(object)
        _ = try object.word("format", of: ["csv"], later: ["xlsx"])
        filename = object["filename"] == nil ? "export.csv" : try object.requiredName("filename")
        // It is only ever shown, but a browser may take what is before a slash for a folder.
        guard !filename.holds("/"), !filename.holds("\\"), filename != ".",
            filename != ".."
        else {
            throw object.refused("filename", expected: "a name without a folder")
        }
        csv = try Self.options(object["csv"])
    }

    private static func columns(_ object: PayloadObject) throws(JobStoreError) -> [String]? {
        guard let json = object["columns"] else { return nil }
        let expected = "a list of one or more names of columns"
        // What cannot be taken apart is refused like any other kind of value.
        guard json.kind == .array, let elements = try? json.elements(), !elements.isEmpty else {
            throw object.refused("columns", expected: expected)
        }
        let names = elements.compactMap(\.stringValue)
        guard names.count == elements.count else { throw object.refused("columns", expected: expected) }
        return names
    }

    private static func options(_ json: JSONText?) throws(JobStoreError) -> CSVWriterOptions {
        guard let json else { return CSVWriterOptions() }
        let object = try PayloadObject(json, at: "/payload/csv")
        try object.refuseOthers(than: ["header", "delimiter", "nullValue", "formulaGuard", "lineEnding"])
        var options = CSVWriterOptions()
        options.hasHeader = try object.bool("header") ?? options.hasHeader
        options.nullValue = try object.string("nullValue") ?? options.nullValue
        options.guardsFormulas = try object.bool("formulaGuard") ?? options.guardsFormulas
        if try object.word("lineEnding", of: ["crlf", "lf"]) == "lf" { options.lineEnding = .lf }
        if let delimiter = try object.string("delimiter") {
            guard delimiter.utf8.count == 1, let byte = delimiter.utf8.first, CSVRecordParser.canDelimit(byte) else {
                throw object.refused("delimiter", expected: "one ASCII character that is no quote, line end or NUL")
            }
            options.delimiter = byte
        }
        return options
    }
}
#endif
