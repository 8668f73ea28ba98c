#if Files
import Errand

/// Cuts a program's output into lines of bounded length, whatever it prints.
struct CommandLines {
    /// The bytes of lines that may be part of a message are kept up to this; others as a log line is.
    static let longest = CommandReader.longestMessage

    private var line: [UInt8] = []
    private var isCut = false
    /// Whether the next line goes on with a message, however it begins.
    var isInMessage = false

    /// One line without its end.
    struct Line: Equatable {
        let bytes: [UInt8]
        /// Whether the rest of it was dropped.
        let isCut: Bool

        /// The line as text: what is no UTF-8, and U+0000, which no store keeps, become U+FFFD.
        var text: String {
            let text = String(decoding: bytes, as: UTF8.self)
            let kept = text.utf8.contains(0) ? String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) : text
            let isLong = isCut || kept.utf8.count > JobLimits.logLineBytes
            return isLong ? kept.cut(toBytes: JobLimits.logLineBytes - 3) + "…" : kept
        }

        var withoutMark: Line {
            bytes.starts(with: CommandReader.byteOrderMark)
                ? Line(bytes: Array(bytes.dropFirst(3)), isCut: isCut) : self
        }

        /// Whether it begins as an object.
        var beginsAsObject: Bool { CommandLines.beginsAsObject(bytes) }
    }

    /// Takes the next bytes and hands over the lines they complete.
    mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if let line = takeLine(&rest) { body(line) }
        }
    }

    /// Hands over a last line that has no end.
    mutating func finish(_ body: (Line) -> Void) {
        if let line = takeRest() { body(line) }
    }

    /// Takes bytes up to the end of a line and hands over the line; what is left is the caller's to give again.
    ///
    /// - Returns: The line that is complete, if one is.
    mutating func takeLine(_ bytes: inout UnsafeRawBufferPointer.SubSequence) -> Line? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            add(bytes)
            bytes = bytes[bytes.endIndex...]
            return nil
        }
        add(bytes[..<end])
        bytes = bytes[(end + 1)...]
        return completed()
    }

    /// The last line, where it has no end.
    mutating func takeRest() -> Line? { line.isEmpty && !isCut ? nil : completed() }

    private mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>) {
        if line.count + bytes.count <= JobLimits.logLineBytes {
            line.append(contentsOf: bytes)
        } else {
            addToLong(bytes)
        }
    }

    private mutating func addToLong(_ bytes: Slice<UnsafeRawBufferPointer>) {
        var bytes = bytes
        if line.allSatisfy(ObjectOutline.isSpace) {
            // White space says nothing, and must not take the place of a message behind it.
            line.removeAll(keepingCapacity: true)
            bytes = bytes.drop(while: ObjectOutline.isSpace)
        }
        let mayBeMessage = isInMessage || Self.beginsAsObject(line.isEmpty ? Array(bytes.prefix(4)) : line)
        let room = max(0, (mayBeMessage ? Self.longest : JobLimits.logLineBytes) - line.count)
        line.append(contentsOf: bytes.prefix(room))
        isCut = isCut || bytes.count > room
    }

    private mutating func completed() -> Line {
        if line.last == UInt8(ascii: "\r"), !isCut { line.removeLast() }
        defer {
            line.removeAll(keepingCapacity: line.capacity <= 64 * 1024)
            isCut = false
        }
        return Line(bytes: line, isCut: isCut)
    }

    private static func beginsAsObject(_ bytes: [UInt8]) -> Bool {
        let text = bytes.starts(with: CommandReader.byteOrderMark) ? bytes[3...] : bytes[...]
        return text.first { !ObjectOutline.isSpace($0) } == UInt8(ascii: "{")
    }
}
#endif
