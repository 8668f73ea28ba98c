#if Files
import Errand

/// What an `Import` job is asked to do.
struct ImportPayload: Sendable, Hashable {
    /// How the content is to be read.
    enum Format: String, CaseIterable { case csv, auto }

    let upload: JobID
    let format: Format
    let dataset: Name
    let mode: DatasetWriteMode
    let csv: CSVOptions

    init(_ payload: JSONText) throws(JobStoreError) {
        let object = try PayloadObject(payload, at: "/payload")
        try object.refuseOthers(
            than: ["source", "format", "dataset", "mode", "csv"],
            later: ["schema", "sheet", "primaryKey"]
        )
        upload = try Self.upload(object)
        dataset = Name(try object.requiredName("dataset"))
        let format = try object.word("format", of: Format.allCases.map(\.rawValue), later: ["xlsx"])
        self.format = format.flatMap(Format.init) ?? .auto
        let mode = try object.word("mode", of: DatasetWriteMode.allCases.map(\.rawValue), later: ["upsert"])
        self.mode = mode.flatMap(DatasetWriteMode.init) ?? .append
        csv = try Self.options(object["csv"])
    }

    private static func upload(_ payload: PayloadObject) throws(JobStoreError) -> JobID {
        guard let json = payload["source"] else {
            throw .refused("/payload/source", "is missing; expected {\"upload\": \"<id>\"}")
        }
        let source = try PayloadObject(json, at: "/payload/source")
        for later in ["url", "object"] where source[later] != nil {
            throw .refused(
                "/payload/source",
                "has \"\(later)\", which is not supported yet; send the file to /api/uploads and give its id"
            )
        }
        try source.refuseOthers(than: ["upload"])
        guard let id = try source.string("upload").flatMap({ JobID($0) }) else {
            throw source.refused("upload", expected: "the id that /api/uploads answered")
        }
        return id
    }

    private static func options(_ json: JSONText?) throws(JobStoreError) -> CSVOptions {
        guard let json else { return CSVOptions() }
        do {
            return try json.decode(as: CSVOptions.self)
        } catch let error as DecodingError {
            let (path, reason) = error.place
            throw .refused("/payload/csv" + path.map { "/\($0.pointerEscaped)" }.joined(), reason)
        } catch {
            throw .refused("/payload/csv", "cannot be read: \(error)")
        }
    }
}

extension DecodingError {
    /// Where in the value decoding failed, and why.
    fileprivate var place: (path: [String], reason: String) {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            (context.codingPath.map(\.stringValue), context.debugDescription)
        @unknown default: ([], "\(self)")
        }
    }
}
#endif
