import Testing

/// One house rule that a machine can hold the sources to.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    /// Every place in the file that breaks the rule.
    let findings: @Sendable (SourceFile) -> [Finding]

    var testDescription: String { name }

    static let all: [Rule] = sizes + [fileNames, imports, trappingNumbers] + words
}

/// A place that breaks a rule, and what to do about it.
struct Finding: Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let message: String

    /// `index` counts from zero, `line` from one, as editors do.
    init(_ file: SourceFile, index: Int, _ message: String) {
        path = file.path
        line = index + 1
        self.message = message
    }

    var description: String { "\(path):\(line): \(message)" }
}
