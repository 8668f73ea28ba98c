/// Holds a value to a schema, and gathers where it is not as it should be.
struct SchemaCheck {
    /// How many violations are gathered.
    static let limit = 20

    private(set) var violations: [SchemaViolation] = []
    private var limit = Self.limit

    mutating func check(_ value: JSONText, at place: String, against node: SchemaNode) {
        guard violations.count < limit else { return }
        guard !node.isNever else { return refuse(place, "not-allowed", "is not allowed here") }
        if let reference = node.reference { check(value, at: place, against: reference) }
        let keywords = node.keywords
        guard checkType(value, place, keywords) else { return }
        for (normal, shown) in keywords.values where !normal.contains(value.normalForm) {
            let wanted = normal.count == 1 ? shown : "one of \(shown)"
            refuse(place, "not-allowed", "must be \(wanted); it is \(Self.show(value))")
        }
        switch value.kind {
        case .number: checkNumber(value, place, keywords)
        case .string: checkString(value, place, keywords)
        case .array: checkArray(value, place, keywords)
        case .object: checkObject(value, place, keywords)
        case .bool, .null: break
        }
        checkChoices(value, place, keywords)
    }

    private mutating func refuse(_ place: String, _ code: String, _ detail: String) {
        guard violations.count < limit else { return }
        violations.append(SchemaViolation(pointer: place, code: code, detail: detail))
    }

    private static func show(_ value: JSONText) -> String {
        let text = value.string
        return text.count > 40 ? "\(text.prefix(40))…" : text
    }

    /// Nothing else is asked of a value of a wrong type.
    private mutating func checkType(_ value: JSONText, _ place: String, _ keywords: SchemaNode.Keywords) -> Bool {
        guard !keywords.types.isEmpty, !keywords.types.contains(where: { $0.includes(value) }) else { return true }
        let wanted = keywords.types.map(\.words).joined(separator: " or ")
        refuse(place, "wrong-type", "must be \(wanted); it is \(Self.show(value))")
        return false
    }

    private mutating func checkNumber(_ value: JSONText, _ place: String, _ keywords: SchemaNode.Keywords) {
        guard let number = SchemaNumber(value), let complaint = keywords.numbers.complaint(about: number) else {
            return
        }
        refuse(place, "out-of-range", "must be \(complaint); it is \(Self.show(value))")
    }

    private mutating func checkString(_ value: JSONText, _ place: String, _ keywords: SchemaNode.Keywords) {
        guard let text = value.stringValue else { return }
        // The draft counts characters as RFC 8259 has them: code points.
        let length = text.unicodeScalars.count
        if !keywords.length.includes(length) {
            refuse(place, "wrong-length", "must have \(keywords.length.words) characters; it has \(length)")
        } else if let pattern = keywords.pattern, !pattern.matches(text) {
            refuse(place, "not-allowed", "must match \(pattern.text); it is \(Self.show(value))")
        }
    }

    private mutating func checkArray(_ value: JSONText, _ place: String, _ keywords: SchemaNode.Keywords) {
        // Only an array has elements.
        guard let elements = try? value.elements() else { return }
        if !keywords.itemCount.includes(elements.count) {
            refuse(place, "wrong-length", "must have \(keywords.itemCount.words) elements; it has \(elements.count)")
        }
        if keywords.hasUniqueItems, Set(elements.map(\.normalForm)).count < elements.count {
            refuse(place, "duplicate", "must have no element twice")
        }
        for (index, element) in elements.enumerated() {
            let node = index < keywords.firstItems.count ? keywords.firstItems[index] : keywords.items
            if let node { check(element, at: "\(place)/\(index)", against: node) }
        }
    }

    private mutating func checkObject(_ value: JSONText, _ place: String, _ keywords: SchemaNode.Keywords) {
        // Only an object has members.
        guard let members = try? value.object().members else { return }
        let names = Set(members.map(\.name))
        if !keywords.memberCount.includes(members.count) {
            refuse(place, "wrong-length", "must have \(keywords.memberCount.words) members; it has \(members.count)")
        }
        require(keywords.required, names, place)
        for (name, required) in keywords.requiredWith where names.contains(name) { require(required, names, place) }
        for (name, value) in members {
            let place = "\(place)/\(name.pointerEscaped)"
            if let node = keywords.members[name] {
                check(value, at: place, against: node)
            } else if let node = keywords.otherMembers {
                if node.isNever {
                    refuse(place, "unknown-field", "is not known")
                } else {
                    check(value, at: place, against: node)
                }
            }
        }
    }

    private mutating func require(_ required: [String], _ names: Set<String>, _ place: String) {
        for name in required where !names.contains(name) {
            refuse("\(place)/\(name.pointerEscaped)", "required", "is missing")
        }
    }

    // MARK: Choices

    private mutating func checkChoices(_ value: JSONText, _ place: String, _ keywords: SchemaNode.Keywords) {
        for node in keywords.all { check(value, at: place, against: node) }
        if let any = keywords.any, !any.contains(where: { Self.holds(value, $0) }) {
            refuse(place, "not-allowed", "must be as one of \(any.count) schemas says, and is as none does")
        }
        if let one = keywords.one {
            let count = one.count { Self.holds(value, $0) }
            if count != 1 {
                refuse(place, "not-allowed", "must be as exactly one of \(one.count) schemas says; \(count) fit it")
            }
        }
        if let none = keywords.none, Self.holds(value, none) { refuse(place, "not-allowed", "is what is ruled out") }
        if let (condition, then, otherwise) = keywords.condition,
            let node = Self.holds(value, condition) ? then : otherwise
        {
            check(value, at: place, against: node)
        }
    }

    private static func holds(_ value: JSONText, _ node: SchemaNode) -> Bool {
        var check = SchemaCheck()
        check.limit = 1
        check.check(value, at: "", against: node)
        return check.violations.isEmpty
    }
}
