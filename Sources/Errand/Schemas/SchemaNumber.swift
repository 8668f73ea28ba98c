/// A number as a schema compares it: exactly where both are whole numbers of 64 bits, as doubles otherwise.
struct SchemaNumber: Comparable {
    private let whole: Int64?
    private let double: Double

    static let zero = SchemaNumber(whole: 0)

    private init(whole: Int64) { (self.whole, double) = (whole, Double(whole)) }

    /// Nil for what is no number.
    ///
    /// What no double comes near is infinite.
    init?(_ value: JSONText) {
        guard value.kind == .number else { return nil }
        let isNegative = value.string.utf8.first { $0 == ASCII.minus || ASCII.isDigit($0) } == ASCII.minus
        double = value.doubleValue ?? (isNegative ? -.infinity : .infinity)
        whole = value.int64Value ?? Int64(exactly: double)
    }

    var isWhole: Bool { whole != nil || double.rounded() == double && double.isFinite }

    /// The same for all spellings of a number.
    var normal: String { whole.map { String($0) } ?? "\(double)" }

    func isMultiple(of step: SchemaNumber) -> Bool {
        if let whole, let step = step.whole { return step != 0 && whole.isMultiple(of: step) }
        // 0.3 is no multiple of 0.1 in doubles; what is meant is their nearest decimal.
        let count = (double / step.double).rounded()
        return abs(double - count * step.double) <= double.ulp * 2
    }

    static func == (left: SchemaNumber, right: SchemaNumber) -> Bool {
        if let left = left.whole, let right = right.whole { return left == right }
        return left.double == right.double
    }

    static func < (left: SchemaNumber, right: SchemaNumber) -> Bool {
        if let left = left.whole, let right = right.whole { return left < right }
        return left.double < right.double
    }
}

/// Between which numbers a number must lie.
struct NumberBounds {
    var least: SchemaNumber?
    var most: SchemaNumber?
    var above: SchemaNumber?
    var below: SchemaNumber?
    var step: SchemaNumber?

    /// What a number lacks, as a sentence goes on after "must be"; nil when it lacks nothing.
    func complaint(about number: SchemaNumber) -> String? {
        if let least, number < least { return "at least \(least.normal)" }
        if let most, number > most { return "at most \(most.normal)" }
        if let above, number <= above { return "more than \(above.normal)" }
        if let below, number >= below { return "less than \(below.normal)" }
        if let step, !number.isMultiple(of: step) { return "a multiple of \(step.normal)" }
        return nil
    }
}

extension JSONText {
    /// A text that is the same for all spellings of a value: names sorted, escapes undone, numbers by their value.
    var normalForm: Name {
        var text = ""
        writeNormalForm(to: &text)
        return Name(text)
    }

    private func writeNormalForm(to text: inout String) {
        switch kind {
        case .number: text += SchemaNumber(self)?.normal ?? string
        case .string: text += Self.quoted(stringValue ?? "")
        case .bool, .null: text += String(string.filter { !$0.isWhitespace })
        // Only an array has elements, and only an object members.
        case .array: Self.write(in: "[]", (try? elements()) ?? [], to: &text) { $0.writeNormalForm(to: &$1) }
        case .object:
            // As above.
            let members = (try? object().members) ?? []
            let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            Self.write(in: "{}", sorted, to: &text) { member, text in
                text += Self.quoted(member.name) + ":"
                member.value.writeNormalForm(to: &text)
            }
        }
    }

    private static func write<Part>(
        in brackets: String,
        _ parts: [Part],
        to text: inout String,
        _ write: (Part, inout String) -> Void
    ) {
        text += brackets.prefix(1)
        for (index, part) in parts.enumerated() {
            if index > 0 { text += "," }
            write(part, &text)
        }
        text += brackets.suffix(1)
    }

    /// With its length in front, so that no two texts run into the same.
    private static func quoted(_ text: String) -> String { "\(text.utf8.count)\"\(text)\"" }
}
