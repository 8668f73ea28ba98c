/// Holds a value to a schema, and gathers where it is not as it should be.
struct SchemaCheck {
    /// How many violations are gathered.
    static let limit = 20
    /// The longest text of a place that is told; names in it are the client's.
    private static let placeBytes = 300
    /// How many questions may be open at a time: each takes its place on a thread's stack.
    private static let deepest = 250

    private(set) var violations: [SchemaViolation] = []
    private var limit: Int
    /// How much may still be looked at, in about bytes of text.
    private var left: Int
    private var depth: Int
    /// Where the value is that is looked at; put together only where it is told.
    private var path: [String] = []

    private init(limit: Int, left: Int, depth: Int = 0) {
        (self.limit, self.left, self.depth) = (limit, left, depth)
    }

    /// What of a value is not as a schema wants it.
    ///
    /// A schema that refers to itself in several choices can ask about each part of a value exponentially often: it is
    /// asked a few times more often than others are, and not again.
    static func violations(in value: JSONText, against node: SchemaNode) -> [SchemaViolation] {
        var check = SchemaCheck(limit: limit, left: (1 << 20) + value.utf8Count * 256)
        check.check(value, against: node)
        return check.violations
    }

    private mutating func check(_ value: JSONText, against node: SchemaNode) {
        depth += 1
        defer { depth -= 1 }
        guard violations.count < limit, take(depth > Self.deepest ? left : 64 + value.utf8Count) else { return }
        guard !node.isNever else { return refuse("not-allowed", "is not allowed here") }
        if let reference = node.reference { check(value, against: reference) }
        let keywords = node.keywords
        guard checkType(value, keywords) else { return }
        checkValues(value, keywords)
        switch value.kind {
        case .number: checkNumber(value, keywords)
        case .string: checkString(value, keywords)
        case .array: checkArray(value, keywords)
        case .object: checkObject(value, keywords)
        case .bool, .null: break
        }
        checkChoices(value, keywords)
    }

    private mutating func check(_ value: JSONText, in part: String, against node: SchemaNode) {
        path.append(part)
        check(value, against: node)
        path.removeLast()
    }

    /// Takes from the budget; the first time that it does not suffice is a violation, and nothing is asked any more.
    private mutating func take(_ work: Int) -> Bool {
        guard left > 0 else { return false }
        left -= work
        guard left <= 0 else { return true }
        let detail = "takes too long to be held to its schema; it must be smaller or less deep"
        violations.append(SchemaViolation(pointer: "", code: "too-complex", detail: detail))
        limit = 0
        return false
    }

    private mutating func refuse(_ code: String, _ detail: String, at part: String? = nil) {
        guard violations.count < limit else { return }
        let place = (path + [part].compactMap(\.self)).map { "/\($0.pointerEscaped)" }.joined()
        violations.append(SchemaViolation(pointer: place.cut(toBytes: Self.placeBytes), code: code, detail: detail))
    }

    private static func show(_ value: JSONText) -> String {
        let text = value.string
        return text.utf8.count > 80 ? "\(text.prefix(40))…" : text
    }

    /// Nothing else is asked of a value of a wrong type.
    private mutating func checkType(_ value: JSONText, _ keywords: SchemaNode.Keywords) -> Bool {
        guard !keywords.types.isEmpty, !keywords.types.contains(where: { $0.includes(value) }) else { return true }
        let wanted = keywords.types.map(\.words).joined(separator: " or ")
        refuse("wrong-type", "must be \(wanted); it is \(Self.show(value))")
        return false
    }

    private mutating func checkValues(_ value: JSONText, _ keywords: SchemaNode.Keywords) {
        guard !keywords.values.isEmpty, take(value.utf8Count * 8) else { return }
        let form = value.normalForm
        for (normal, shown) in keywords.values where !normal.contains(form) {
            let wanted = normal.count == 1 ? shown : "one of \(shown)"
            refuse("not-allowed", "must be \(wanted); it is \(Self.show(value))")
        }
    }

    private mutating func checkNumber(_ value: JSONText, _ keywords: SchemaNode.Keywords) {
        guard let number = SchemaNumber(value), let complaint = keywords.numbers.complaint(about: number) else {
            return
        }
        refuse("out-of-range", "must be \(complaint); it is \(Self.show(value))")
    }

    private mutating func checkString(_ value: JSONText, _ keywords: SchemaNode.Keywords) {
        guard let text = value.stringValue else { return }
        // The draft counts characters as RFC 8259 has them: code points.
        let length = text.unicodeScalars.count
        guard keywords.length.includes(length) else {
            return refuse("wrong-length", "must have \(keywords.length.words) characters; it has \(length)")
        }
        guard let pattern = keywords.pattern else { return }
        guard length <= SchemaPattern.longestText else {
            return refuse("wrong-length", "must have at most \(SchemaPattern.longestText) characters to be matched")
        }
        // Where an expression may begin anywhere, it is tried at every character.
        guard take(length * length / 8) else { return }
        if !pattern.matches(text) { refuse("not-allowed", "must match \(pattern.text); it is \(Self.show(value))") }
    }

    private mutating func checkArray(_ value: JSONText, _ keywords: SchemaNode.Keywords) {
        // Only an array has elements.
        guard let elements = try? value.elements() else { return }
        if !keywords.itemCount.includes(elements.count) {
            refuse("wrong-length", "must have \(keywords.itemCount.words) elements; it has \(elements.count)")
        }
        if keywords.hasUniqueItems, take(value.utf8Count * 8),
            Set(elements.map(\.normalForm)).count < elements.count
        {
            refuse("duplicate", "must have no element twice")
        }
        for (index, element) in elements.enumerated() {
            let node = index < keywords.firstItems.count ? keywords.firstItems[index] : keywords.items
            if let node { check(element, in: String(index), against: node) }
        }
    }

    private mutating func checkObject(_ value: JSONText, _ keywords: SchemaNode.Keywords) {
        // Only an object has members.
        guard let members = try? value.object().members else { return }
        let names = Set(members.map { Name($0.name) })
        if !keywords.memberCount.includes(members.count) {
            refuse("wrong-length", "must have \(keywords.memberCount.words) members; it has \(members.count)")
        }
        require(keywords.required, names)
        for (name, required) in keywords.requiredWith where names.contains(Name(name)) {
            require(required, names)
        }
        for (name, value) in members {
            if let node = keywords.members[Name(name)] {
                check(value, in: name, against: node)
            } else if let node = keywords.otherMembers {
                if node.isNever {
                    refuse("unknown-field", "is not known", at: name)
                } else {
                    check(value, in: name, against: node)
                }
            }
        }
    }

    private mutating func require(_ required: [String], _ names: Set<Name>) {
        for name in required where !names.contains(Name(name)) { refuse("required", "is missing", at: name) }
    }

    // MARK: Choices

    private mutating func checkChoices(_ value: JSONText, _ keywords: SchemaNode.Keywords) {
        for node in keywords.all { check(value, against: node) }
        if let any = keywords.any, count(any, value, upTo: 1) == 0 {
            refuse("not-allowed", "must be as one of \(any.count) schemas says, and is as none does")
        }
        if let one = keywords.one {
            let count = count(one, value, upTo: 2)
            let found = count == 0 ? "none fits it" : "several fit it"
            if count != 1 { refuse("not-allowed", "must be as exactly one of \(one.count) schemas says; \(found)") }
        }
        if let none = keywords.none, holds(value, none) { refuse("not-allowed", "is what is ruled out") }
        if let (condition, then, otherwise) = keywords.condition,
            let node = holds(value, condition) ? then : otherwise
        {
            check(value, against: node)
        }
    }

    /// How many of some schemas a value is as, counted no further than a number.
    private mutating func count(_ nodes: [SchemaNode], _ value: JSONText, upTo most: Int) -> Int {
        var count = 0
        for node in nodes where count < most && holds(value, node) { count += 1 }
        return count
    }

    private mutating func holds(_ value: JSONText, _ node: SchemaNode) -> Bool {
        var check = SchemaCheck(limit: 1, left: left, depth: depth)
        check.check(value, against: node)
        let spent = left - check.left
        // What the inner check used up is used up here as well, and told here.
        return take(spent) && check.violations.isEmpty
    }
}
