#if Files
import Errand

// What people are told of the built-in types. What is accepted is decided by the payloads' own readers.
extension BuiltInTypes {
    static let importDescription = JobTypeDescription(
        payloadSchema: JSONSchema(
            own: """
                {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",\
                "required":["source","dataset"],"additionalProperties":false,"properties":{\
                "source":{"type":"object","required":["upload"],"additionalProperties":false,\
                "properties":{"upload":{"type":"string","format":"uuid"}}},\
                "format":{"enum":["csv","auto"],"default":"auto"},"dataset":{"type":"string","minLength":1},\
                "mode":{"enum":[\(words(DatasetWriteMode.allCases.map(\.rawValue)))],"default":"append"},\
                "csv":{"type":"object"}}}
                """
        ),
        labels: ["en": "Import a file", "de": "Datei importieren"]
    )

    static let exportDescription = JobTypeDescription(
        payloadSchema: JSONSchema(
            own: """
                {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["dataset"],\
                "additionalProperties":false,"properties":{"dataset":{"type":"string","minLength":1},\
                "columns":{"type":"array","minItems":1,"items":{"type":"string"}},"format":{"enum":["csv"]},\
                "filename":{"type":"string","default":"export.csv"},"csv":{"type":"object"}}}
                """
        ),
        labels: ["en": "Export a dataset", "de": "Datensatz exportieren"]
    )

    private static func words(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ",") }
}

extension JobType {
    /// The type with what people are told of it.
    func described(_ description: JobTypeDescription) -> JobType {
        var type = self
        type.description = description
        type.description.checksPayload = false
        return type
    }
}
#endif
