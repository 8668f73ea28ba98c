extension Rule {
    static let sizes = [fileLength, functionLength, lineWidth]

    static let fileLength = Rule(name: "files stay short") { file in
        let cap = file.isTest ? 500 : 400
        guard file.lines.count > cap else { return [] }
        return [Finding(file, index: cap, "\(file.lines.count) lines, at most \(cap): split it by responsibility")]
    }

    static let functionLength = Rule(name: "functions stay short") { file in
        FunctionBody.all(in: file.code).filter { $0.lineCount > 40 }.map { body in
            Finding(file, index: body.line, "\(body.name) has \(body.lineCount) lines, at most 40")
        }
    }

    static let lineWidth = Rule(name: "lines have at most 120 columns") { file in
        file.lines.indices.filter { file.lines[$0].count > 120 }.map { index in
            Finding(file, index: index, "\(file.lines[index].count) columns")
        }
    }

    static let fileNames = Rule(name: "files are named for what they hold") { file in
        let banned: Set = ["util", "utils", "utilities", "helper", "helpers", "common", "manager", "misc"]
        let names = file.path.dropLast(".swift".count).split(separator: "/").flatMap { words(of: $0) }
        guard let word = names.first(where: { banned.contains($0) }) else { return [] }
        return [Finding(file, index: 0, "\"\(word)\" says nothing about what is inside")]
    }

    /// `SQLiteJobStore+Claiming` → `sqlite`, `job`, `store`, `claiming`, near enough.
    private static func words(of name: Substring) -> [String] {
        var words: [String] = []
        var afterLowercase = false
        for character in name {
            let startsWord = words.isEmpty || !character.isLetter || (character.isUppercase && afterLowercase)
            if startsWord { words.append("") }
            if character.isLetter { words[words.count - 1] += character.lowercased() }
            afterLowercase = character.isLowercase
        }
        return words
    }
}
