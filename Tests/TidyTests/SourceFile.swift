import Foundation

/// A Swift file of this package, read once and split into code and comments.
struct SourceFile: Sendable {
    /// From the package's root: `Sources/Errand/Job/Job.swift`.
    let path: String
    let lines: [String]
    /// The same lines without comments and without what string literals hold.
    let code: [String]
    /// The same lines with nothing but comments.
    let comments: [String]

    init(path: String, text: String) {
        let scanner = SwiftScanner(text)
        self.path = path
        lines = Self.split(text)
        code = Self.split(String(decoding: scanner.code, as: UTF8.self))
        comments = Self.split(String(decoding: scanner.comments, as: UTF8.self))
    }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// `Errand` for `Sources/Errand/Job/Job.swift`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// Whether someone wrote down why: a comment on the line, or on the line before it.
    ///
    /// One before an `#if` holds for the first line of every branch.
    func hasReason(at index: Int) -> Bool {
        if hasComment(at: index) { return true }
        var above = index - 1
        var inEarlierBranch = false
        while above >= 0 {
            let isDirective = code[above].drop(while: \.isWhitespace).hasPrefix("#")
            guard isDirective || inEarlierBranch else { break }
            if isDirective {
                if hasComment(at: above) { return true }
                inEarlierBranch = code[above].contains("#else")
            }
            above -= 1
        }
        return above >= 0 && hasComment(at: above)
    }

    private func hasComment(at index: Int) -> Bool {
        comments[index].contains { $0.isLetter }
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

extension SourceFile {
    /// Every Swift file under Sources and Tests.
    static let all: [SourceFile] = {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return ["Sources", "Tests"].flatMap { folder in
            let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path())?.allObjects
            return (names as? [String] ?? []).filter { $0.hasSuffix(".swift") }.sorted().compactMap { name in
                let path = "\(folder)/\(name)"
                let data = FileManager.default.contents(atPath: root.appending(path: path).path())
                return data.map { SourceFile(path: path, text: String(decoding: $0, as: UTF8.self)) }
            }
        }
    }()
}
