extension Rule {
    /// A conversion of a floating-point number to a whole one ends the process where it does not fit, and whoever sends
    /// the number decides whether it does.
    static let trappingNumbers = Rule(name: "no number can end the process") { file in
        guard !file.isTest else { return [] }
        return file.code.indices.filter { index in
            arguments(in: file.code[index]).contains { argument in
                !argument.hasPrefix("saturating:") && isFloating(argument)
            }
        }.map { Finding(file, index: $0, "write Int(saturating:), or keep it a whole number") }
    }

    /// What the conversions to whole numbers of a line are given.
    private static func arguments(in code: String) -> [Substring] {
        ["Int(", "Int64(", "Int32(", "Int16(", "UInt8("].flatMap { call in
            code.ranges(of: call).map { argument(in: code[$0.upperBound...]) }
        }
    }

    /// The text up to the parenthesis that closes a call.
    private static func argument(in rest: Substring) -> Substring {
        var depth = 1
        return rest.prefix { character in
            depth += character == "(" ? 1 : character == ")" ? -1 : 0
            return depth > 0
        }
    }

    /// Whether an expression shows by its looks that it is floating-point.
    private static func isFloating(_ expression: Substring) -> Bool {
        let marks = [".rounded(", "timeInterval", "Double(", "* 1e", "/ .seconds(", "/ .milliseconds("]
        return marks.contains { expression.contains($0) } || expression.hasSuffix(".seconds")
    }
}
