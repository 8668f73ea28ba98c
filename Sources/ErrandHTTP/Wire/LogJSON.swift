#if Server
import Errand

/// Lines of a job's log on the wire.
enum LogJSON {
    static func write(_ lines: [StoredLogLine], to writer: inout JSONWriter) {
        writer.array { writer in for line in lines { writer.object { write(line, to: &$0) } } }
    }

    private static func write(_ line: StoredLogLine, to writer: inout JSONWriter) {
        writer.member("sequence", line.sequence)
        writer.member("attempt", line.attempt)
        writer.member("at", line.line.at)
        writer.member("level", line.line.level.rawValue)
        writer.member("message", line.line.message)
    }
}
#endif
