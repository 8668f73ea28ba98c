/// Tells code from comments and string literals, so that no rule is fooled by a brace in a string or a banned word in
/// a comment.
///
/// Both texts have the lines of the original, with spaces where the other kind stood. Code inside `\( )` counts as
/// code. A regex literal is recognised where an operand may begin; one that starts elsewhere is read as code.
struct SwiftScanner {
    private(set) var code: [UInt8] = []
    private(set) var comments: [UInt8] = []
    private let input: [UInt8]
    private var index = 0
    private var frames: [Frame] = []

    private enum Frame {
        case string(pounds: Int, multiline: Bool)
        case interpolation(depth: Int)
    }

    private enum Kind { case code, comment, literal }

    init(_ text: String) {
        input = Array(text.utf8)
        code.reserveCapacity(input.count)
        comments.reserveCapacity(input.count)
        while index < input.count {
            if case .string(let pounds, let multiline) = frames.last {
                stepInString(pounds: pounds, multiline: multiline)
            } else {
                stepInCode()
            }
        }
    }

    private mutating func take(_ count: Int, as kind: Kind) {
        for byte in input[index..<min(index + count, input.count)] {
            let blank = byte == Ascii.newline ? byte : Ascii.space
            code.append(kind == .code ? byte : blank)
            comments.append(kind == .comment ? byte : blank)
        }
        index += count
    }

    private mutating func stepInCode() {
        if follows("//") {
            take(distance(to: Ascii.newline), as: .comment)
        } else if follows("/*") {
            takeBlockComment()
        } else if let pounds = poundsBefore(Ascii.quote) {
            let multiline = follows("\"\"\"", at: index + pounds)
            take(pounds + (multiline ? 3 : 1), as: .literal)
            frames.append(.string(pounds: pounds, multiline: multiline))
        } else if let length = regexLength() {
            take(length, as: .literal)
        } else {
            countParenthesis(input[index])
            take(1, as: .code)
        }
    }

    private mutating func stepInString(pounds: Int, multiline: Bool) {
        let fence = String(repeating: "#", count: pounds)
        let end = (multiline ? "\"\"\"" : "\"") + fence
        if follows("\\" + fence + "(") {
            take(pounds + 2, as: .literal)
            frames.append(.interpolation(depth: 0))
        } else if follows("\\" + fence) {
            take(pounds + 2, as: .literal)
        } else if follows(end) || (!multiline && input[index] == Ascii.newline) {
            // A single-line string cannot run past its line: reading on would blank the rest of a broken file.
            take(input[index] == Ascii.newline ? 1 : end.utf8.count, as: .literal)
            frames.removeLast()
        } else {
            take(1, as: .literal)
        }
    }

    private mutating func countParenthesis(_ byte: UInt8) {
        guard case .interpolation(let depth) = frames.last else { return }
        if byte == Ascii.open {
            frames[frames.count - 1] = .interpolation(depth: depth + 1)
        } else if byte == Ascii.close {
            if depth == 0 { frames.removeLast() } else { frames[frames.count - 1] = .interpolation(depth: depth - 1) }
        }
    }

    private mutating func takeBlockComment() {
        var depth = 0
        repeat {
            if follows("/*") {
                depth += 1
                take(2, as: .comment)
            } else if follows("*/") {
                depth -= 1
                take(2, as: .comment)
            } else {
                take(1, as: .comment)
            }
        } while depth > 0 && index < input.count
    }
}

extension SwiftScanner {
    private func follows(_ text: String, at start: Int? = nil) -> Bool {
        let start = start ?? index
        return start <= input.count && input[start...].starts(with: text.utf8)
    }

    private func distance(to byte: UInt8) -> Int {
        (input[index...].firstIndex(of: byte) ?? input.count) - index
    }

    private func poundsBefore(_ byte: UInt8) -> Int? {
        guard input[index] == Ascii.pound || input[index] == byte else { return nil }
        let count = input[index...].prefix { $0 == Ascii.pound }.count
        return index + count < input.count && input[index + count] == byte ? count : nil
    }

    /// The length of the regex literal that begins here, if one does: `#/.../#`, or `/.../` on one line in a place
    /// where no operator can stand.
    private func regexLength() -> Int? {
        guard let pounds = poundsBefore(Ascii.slash) else { return nil }
        if pounds == 0 {
            let before = code.last { $0 != Ascii.space }
            let isOperand = before.map { "(,=:[{!&|?;\n".utf8.contains($0) } ?? true
            guard isOperand, index + 1 < input.count, input[index + 1] != Ascii.space else { return nil }
        }
        let end = Array(("/" + String(repeating: "#", count: pounds)).utf8)
        var cursor = index + pounds + 1
        while cursor < input.count, pounds > 0 || input[cursor] != Ascii.newline {
            if input[cursor] == Ascii.backslash {
                cursor += 2
            } else if input[cursor...].starts(with: end) {
                return cursor + end.count - index
            } else {
                cursor += 1
            }
        }
        return nil
    }
}

enum Ascii {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let pound = UInt8(ascii: "#")
    static let slash = UInt8(ascii: "/")
    static let backslash = UInt8(ascii: "\\")
    static let open = UInt8(ascii: "(")
    static let close = UInt8(ascii: ")")
}
