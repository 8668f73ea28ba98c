#if Files
import Errand

/// Cuts a program's output into lines of bounded length, whatever it prints.
struct CommandLines {
    /// A line that may be a message can be as long as a result; others as long as a log line.
    static let longestMessage = JobLimits.resultBytes + 1024

    private var line: [UInt8] = []
    private var isCut = false

    /// One line without its end.
    struct Line {
        let bytes: [UInt8]
        /// Whether the rest of it was dropped.
        let isCut: Bool

        /// The line as text: what is no UTF-8, and U+0000, which no store keeps, become U+FFFD.
        var text: String {
            let text = String(decoding: bytes, as: UTF8.self)
            let kept = text.utf8.contains(0) ? String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) : text
            return isCut ? kept.cut(toBytes: JobLimits.logLineBytes - 3) + "…" : kept
        }
    }

    /// Takes the next bytes and hands over the lines they complete.
    mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            handOver(body)
            rest = rest[(end + 1)...]
        }
        add(rest)
    }

    /// Hands over a last line that has no end.
    mutating func finish(_ body: (Line) -> Void) {
        if !line.isEmpty { handOver(body) }
    }

    private mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>) {
        let first = line.first ?? bytes.first
        let room = (first == UInt8(ascii: "{") ? Self.longestMessage : JobLimits.logLineBytes) - line.count
        line.append(contentsOf: bytes.prefix(max(room, 0)))
        isCut = isCut || bytes.count > room
    }

    private mutating func handOver(_ body: (Line) -> Void) {
        if line.last == UInt8(ascii: "\r"), !isCut { line.removeLast() }
        body(Line(bytes: line, isCut: isCut))
        line.removeAll(keepingCapacity: line.capacity <= 64 * 1024)
        isCut = false
    }
}
#endif
