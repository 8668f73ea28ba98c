#if Server
import Errand
import FoundationEssentials
import Logging

/// Logs a line per event to standard error.
struct LineLogHandler: LogHandler {
    /// How a line is written.
    enum Format: String, Sendable, CaseIterable {
        /// For people: time, level, message, `key=value`.
        case text
        /// For programs: one JSON object.
        case json
    }

    let label: String
    let format: Format
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, format: Format, level: Logger.Level) {
        self.label = label
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let given = event.metadata { fields.merge(given) { _, new in new } }
        if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
        let line =
            switch format {
            case .text: Self.text(event, fields)
            case .json: Self.json(event, fields, label)
            }
        StandardStream.error.print(line)
    }

    private static func text(_ event: LogEvent, _ fields: Logger.Metadata) -> String {
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        var line = "\(RFC3339.format(Date())) \(level)\(padding) \(escaped("\(event.message)"))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(quoted("\(value)"))" }
        return line
    }

    private static func json(_ event: LogEvent, _ fields: Logger.Metadata, _ label: String) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("at", RFC3339.format(Date()))
            writer.member("level", event.level.rawValue)
            writer.member("logger", label)
            writer.member("message", "\(event.message)")
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) where !reserved.contains(key) {
                writer.member(key, "\(value)")
            }
        }
        return writer.text.string
    }

    private static let reserved: Set = ["at", "level", "logger", "message"]

    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" }
        return isPlain ? escaped(text) : "\"\(escaped(text).escaped { $0 == "\"" ? "\\\"" : nil })\""
    }

    /// One event is one line whatever its text, which may come from a stranger.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            switch scalar {
            case "\n": line += "\\n"
            case "\t": line += "\\t"
            case _ where isControl(scalar): line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}
#endif
