/// The body of a function, initializer, subscript or computed property, found by counting braces.
///
/// It works on code without comments and strings (see ``SwiftScanner``). Property observers and closures have no name
/// of their own and count as part of what holds them.
struct FunctionBody {
    let name: String
    /// The line of the declaration, from zero.
    let line: Int
    /// The lines between the braces, blank ones and comments included.
    let lineCount: Int

    static func all(in code: [String]) -> [FunctionBody] {
        let tokens = Token.all(in: code)
        return tokens.indices.compactMap { body(declaredAt: $0, in: tokens) }
    }

    private static func body(declaredAt start: Int, in tokens: [Token]) -> FunctionBody? {
        guard isDeclaration(start, in: tokens), let open = openingBrace(after: start, in: tokens) else { return nil }
        var depth = 0
        for token in tokens[open...] {
            if token.text == "{" { depth += 1 }
            if token.text == "}" { depth -= 1 }
            if depth == 0 {
                let lineCount = max(0, token.line - tokens[open].line - 1)
                return FunctionBody(name: name(at: start, in: tokens), line: tokens[start].line, lineCount: lineCount)
            }
        }
        return nil
    }

    private static func isDeclaration(_ index: Int, in tokens: [Token]) -> Bool {
        // `.init(...)` and `` `func` `` are uses of the word, not declarations.
        if index > 0, [".", "`"].contains(tokens[index - 1].text) { return false }
        guard index + 1 < tokens.count else { return false }
        let next = tokens[index + 1].text
        return switch tokens[index].text {
        case "func", "var": true
        case "init": ["(", "<", "?", "!"].contains(next)
        case "subscript": ["(", "<"].contains(next)
        case "deinit": next == "{"
        default: false
        }
    }

    private static func name(at index: Int, in tokens: [Token]) -> String {
        let keyword = tokens[index].text
        return ["func", "var"].contains(keyword) ? tokens[index + 1].text : keyword
    }

    /// The brace that opens the body, or nil where there is none: a protocol's requirement, or a stored property.
    private static func openingBrace(after start: Int, in tokens: [Token]) -> Int? {
        let isProperty = tokens[start].text == "var"
        var depth = 0
        var hasType = false
        for index in tokens.indices[(start + 1)...] {
            let token = tokens[index]
            if depth == 0 {
                if token.text == "{" { return isProperty && !hasType ? nil : index }
                if token.text == "}" || startsNext.contains(token.text) { return nil }
                if isProperty, token.text == "=" || token.line != tokens[index - 1].line { return nil }
                if token.text == ":" { hasType = true }
            }
            if ["(", "["].contains(token.text) { depth += 1 }
            if [")", "]"].contains(token.text) { depth -= 1 }
        }
        return nil
    }

    /// Words that can only belong to the next declaration.
    private static let startsNext: Set = ["func", "var", "let", "init", "subscript", "associatedtype", "case"]
}

/// A word or a single other character of code, with its line.
struct Token {
    let text: String
    let line: Int

    static func all(in code: [String]) -> [Token] {
        code.enumerated().flatMap { line, text in
            var tokens: [Token] = []
            var rest = Substring(text)
            while let first = rest.first {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                let text = word.isEmpty ? rest.prefix(1) : word
                if !first.isWhitespace { tokens.append(Token(text: String(text), line: line)) }
                rest = rest.dropFirst(text.count)
            }
            return tokens
        }
    }
}
