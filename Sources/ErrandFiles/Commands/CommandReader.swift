#if Files
import Errand

/// Finds the messages in what a program prints: objects, each on a line of its own or over several, between text.
///
/// An object goes on over the ends of lines for as long as it may still become one. Where it cannot, its first line is
/// no message, and the lines behind it are read again by themselves: no text that begins with a brace takes what
/// follows it along. As an object is at most ``ObjectOutline/deepest`` deep, no line is read more often than that.
struct CommandReader {
    /// The most bytes of a message: the largest result and data, and room for the rest and for white space.
    static let longestMessage = JobLimits.resultBytes + JobLimits.dataBytes + 64 * 1024
    /// What some programs write before a text; it is no part of it, also where texts are put behind each other.
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// What was read.
    enum Piece: Equatable {
        /// A line that does not begin as an object.
        case text(CommandLines.Line)
        /// What has the outline of an object.
        case object([UInt8])
        /// A line that begins as an object and is none, with the lines behind it that were taken for a part of it.
        case broken(CommandLines.Line, Fault)
    }

    /// Why what begins as an object is none.
    enum Fault: Equatable {
        /// It breaks the grammar of JSON or is too deep, or the output ended within it.
        case malformed([UInt8])
        /// It is longer than a message can be.
        case tooLong
    }

    private var lines = CommandLines()
    /// The lines of the object that is being read, and its outline.
    private var open: [CommandLines.Line] = []
    private var openBytes = 0
    private var outline = ObjectOutline()

    /// Takes the next bytes and hands over the pieces they complete.
    mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (Piece) -> Void) {
        var rest = bytes[...]
        while !rest.isEmpty {
            lines.isInMessage = !open.isEmpty
            if let line = lines.takeLine(&rest) { read(line, body) }
        }
    }

    /// Hands over what has no end.
    mutating func finish(_ body: (Piece) -> Void) {
        if let line = lines.takeRest() { read(line, body) }
        // Each turn hands over a line at least.
        while let first = open.first {
            let rest = Array(open.dropFirst())
            body(.broken(first, .malformed(joined(open))))
            close()
            for line in rest { read(line, body) }
        }
    }

    private mutating func read(_ line: CommandLines.Line, _ body: (Piece) -> Void) {
        // The next is the last.
        var waiting = [line]
        while let next = waiting.popLast() {
            guard !open.isEmpty || next.beginsAsObject else {
                body(.text(next))
                continue
            }
            let again = add(open.isEmpty ? next.withoutMark : next, body)
            waiting.append(contentsOf: again.reversed())
        }
    }

    /// Adds a line to the object; answers with the lines to read again, where there is no object.
    private mutating func add(_ line: CommandLines.Line, _ body: (Piece) -> Void) -> [CommandLines.Line] {
        let verdict = outline.take(line)
        open.append(line)
        openBytes += line.bytes.count + 1
        switch verdict {
        case .broken:
            defer { close() }
            body(.broken(open[0], .malformed(joined(open))))
            return Array(open.dropFirst())
        case _ where line.isCut || openBytes > Self.longestMessage + 1:
            body(.broken(CommandLines.Line(bytes: joined(open), isCut: true), .tooLong))
            close()
        case .complete:
            body(.object(joined(open)))
            close()
        case .open: break
        }
        return []
    }

    private mutating func close() {
        open.removeAll()
        openBytes = 0
        outline = ObjectOutline()
    }

    private func joined(_ lines: [CommandLines.Line]) -> [UInt8] {
        Array(lines.map(\.bytes).joined(separator: [UInt8(ascii: "\n")]))
    }
}
#endif
