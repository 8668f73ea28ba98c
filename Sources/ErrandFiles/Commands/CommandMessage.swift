#if Files
import Errand

/// What one line of a program's standard output means.
enum CommandMessage {
    case progress(Int?, String?)
    case data(JSONText)
    case result(JSONText)
    /// Not a message: goes to the log.
    case log

    init(_ line: CommandLines.Line) {
        self = Self.parse(line) ?? .log
    }

    /// Only an object with exactly the members of one message is one; a program may log JSON of its own.
    private static func parse(_ line: CommandLines.Line) -> CommandMessage? {
        guard !line.isCut, line.bytes.first == UInt8(ascii: "{"),
            // Not JSON, then: a line of the log like any other.
            let object = try? JSONText(validating: line.bytes).object()
        else { return nil }
        let names = Set(object.members.map(\.name))
        if names == ["data"], let data = object["data"], data.kind == .object { return .data(data) }
        if names == ["result"], let result = object["result"] { return .result(result) }
        guard !names.isEmpty, names.isSubset(of: ["progress", "message"]) else { return nil }
        let percent = object["progress"]?.doubleValue
        let message = object["message"]?.stringValue
        guard percent != nil || object["progress"] == nil, message != nil || object["message"] == nil else {
            return nil
        }
        return .progress(percent.map { Int(min(max($0, 0), 100)) }, message)
    }
}
#endif
