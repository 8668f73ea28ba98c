#if Server
import Errand

/// Datasets and their rows on the wire.
enum DatasetJSON {
    static let schema = Schema.object([
        "name": .text,
        "rows": .count,
        "schema": .object(["fields": .array(.object(["name": .text]))]),
        "updatedAt": .time,
    ]).named("Dataset")

    static func write(_ dataset: Dataset, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", dataset.reference.name)
            writer.member("rows", dataset.rowCount)
            writer.member("schema") { writer in
                writer.object { $0.member("fields") { writeFields(dataset.columns, to: &$0) } }
            }
            writer.member("updatedAt", dataset.updatedAt)
        }
    }

    /// The form of a Table Schema, so that types can be added beside the names.
    private static func writeFields(_ columns: [String], to writer: inout JSONWriter) {
        writer.array { writer in for column in columns { writer.object { $0.member("name", column) } } }
    }

    /// A row as an object by column, its values as they are stored.
    static func row(_ values: JSONText, columns: [String]) throws -> JSONText {
        let values = try values.elements()
        var writer = JSONWriter()
        writer.object { writer in
            for (column, value) in zip(columns, values) { writer.member(column, value) }
        }
        return writer.text
    }
}
#endif
