#if Server
import Errand
import FoundationEssentials

/// Reads the fields of a JSON object strictly, gathering everything that is wrong with them.
struct FieldReader {
    private(set) var parts: [Problem.Part] = []
    /// Fields that nobody knows and that were passed over.
    private(set) var ignored: [String] = []

    /// Reads an object: the function takes a member and says whether it knows the name; null is as good as absent.
    static func read(
        _ object: JSONObject,
        isLenient: Bool = false,
        _ field: (inout FieldReader, String, JSONText) -> Bool
    ) -> FieldReader {
        var reader = FieldReader()
        // Every field's name is of ASCII. Without asking first, a name of another sign that Unicode calls the same, as
        // of a letter, would be taken for it.
        for (name, value) in object.members where !(name.utf8.allSatisfy { $0 < 0x80 } && field(&reader, name, value)) {
            guard !isLenient else {
                reader.ignored.append(name)
                continue
            }
            reader.refuse(name, "unknown-field", "There is no field \"\(name.quotable)\".")
        }
        return reader
    }

    /// Reads an object that is an element of an array; throws when anything in it was wrong.
    ///
    /// - Parameters:
    ///   - item: The element.
    ///   - place: Where it is in the body, such as `/lines/3`.
    ///   - field: Takes a member and says whether it knows the name.
    /// - Throws: ``Problem`` for what is no object, or has wrong or unknown members.
    static func readItem(
        _ item: JSONText,
        at place: String,
        _ field: (inout FieldReader, String, JSONText) -> Bool
    ) throws {
        guard item.kind == .object else {
            throw Problem.field(place, "wrong-type", "\(place.dropFirst()) must be an object.")
        }
        try read(item.object(), field).finish(within: place)
    }

    /// Throws when anything was wrong; the pointers start where the object is in the body.
    func finish(within place: String = "") throws(Problem) {
        let parts = parts.map { part in
            Problem.Part(pointer: part.pointer.map { place + $0 }, code: part.code, detail: part.detail)
        }
        guard let first = parts.first else { return }
        let detail = parts.count == 1 ? first.detail : "\(first.detail) (and \(parts.count - 1) more)"
        throw Problem(.validation, detail, parts: parts)
    }

    /// Notes that a field is wrong.
    ///
    /// One that is there and was refused is not missing as well.
    mutating func refuse(_ name: String, _ code: String, _ detail: String) {
        let pointer = "/\(name.pointerEscaped)"
        guard code != "required" || !parts.contains(where: { $0.pointer == pointer }) else { return }
        parts.append(Problem.Part(pointer: pointer, code: code, detail: detail))
    }

    private mutating func wrongType(_ name: String, _ value: JSONText, _ expected: String) {
        refuse(name, "wrong-type", "\(name) is \(value.string.quotable); it must be \(expected).")
    }

    /// Notes what is not as a schema wants it in a field.
    mutating func refuse(_ violations: [SchemaViolation], of name: String) {
        for violation in violations {
            let detail = "\(name)\(violation.pointer) \(violation.detail)."
            parts.append(Problem.Part(pointer: "/\(name)\(violation.pointer)", code: violation.code, detail: detail))
        }
    }

    mutating func string(_ name: String, _ value: JSONText) -> String? {
        guard !value.isNull else { return nil }
        if let text = value.stringValue { return text }
        wrongType(name, value, "a string")
        return nil
    }

    /// A text of at most so many bytes.
    mutating func text(_ name: String, _ value: JSONText, atMost bytes: Int = JobLimits.errorBytes) -> String? {
        guard let text = string(name, value) else { return nil }
        guard text.utf8.count > bytes else { return text }
        refuse(name, "too-long", "\(name) has \(text.utf8.count) bytes; at most \(bytes) are allowed.")
        return nil
    }

    /// A name of any length: what it is submitted to says how long it may be.
    mutating func name(_ name: String, _ value: JSONText) -> Name? { string(name, value).map { Name($0) } }

    /// A name that nothing else looks at: of at most 200 bytes.
    mutating func boundedName(_ name: String, _ value: JSONText) -> Name? {
        text(name, value, atMost: JobLimits.nameBytes).map { Name($0) }
    }

    /// Names, at most so many, each of 1 to 200 bytes.
    mutating func names(_ name: String, _ value: JSONText, atMost count: Int = 1000) -> [Name]? {
        guard let names = strings(name, value) else { return nil }
        if names.count > count {
            refuse(name, "too-long", "\(name) has \(names.count) names; at most \(count) are allowed.")
        }
        let range = 1...JobLimits.nameBytes
        if let place = names.firstIndex(where: { !range.contains($0.utf8.count) }) {
            let length = names[place].utf8.count
            refuse(name, "invalid", "\(name)[\(place)] has \(length) bytes; it must have 1 to \(range.upperBound).")
        }
        return names.map { Name($0) }
    }

    /// A queue that jobs may be put into from outside.
    mutating func queue(_ name: String, _ value: JSONText) -> Name? {
        guard let queue = self.name(name, value) else { return nil }
        guard TenantRoom.counts(queue) else {
            refuse(name, "reserved", "Queues whose names begin with \(TenantRoom.ownQueues) are Errand's own.")
            return nil
        }
        return queue
    }

    mutating func integer(_ name: String, _ value: JSONText, in range: ClosedRange<Int64>) -> Int64? {
        guard !value.isNull else { return nil }
        guard let number = value.int64Value ?? Self.wholeNumber(value) else {
            wrongType(name, value, "a whole number")
            return nil
        }
        guard range.contains(number) else {
            refuse(name, "out-of-range", "\(name) is \(number); it must be \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// A whole number as languages with but one kind of number may spell it, `9.0`; nil beyond what those keep exactly.
    private static func wholeNumber(_ value: JSONText) -> Int64? {
        guard let number = value.doubleValue, abs(number) <= 9_007_199_254_740_992 else { return nil }
        return Int64(exactly: number)
    }

    private mutating func date(_ name: String, _ value: JSONText) -> Date? {
        guard let text = string(name, value) else { return nil }
        if let date = RFC3339.parse(text) { return date }
        refuse(name, "invalid", "\(name) is \"\(text.quotable)\"; it must be a time such as 2024-01-15T10:30:00Z.")
        return nil
    }

    /// The moment nearest to a time: of what a clock that is set wrongly says, nothing else need be lost.
    mutating func nearestMoment(_ name: String, _ value: JSONText) -> Moment? {
        date(name, value).map { Moment(clamping: $0) }
    }

    mutating func moment(_ name: String, _ value: JSONText) -> Moment? {
        guard let date = date(name, value) else { return nil }
        do throws(MomentOutOfRange) { return try Moment(date) } catch {
            refuse(name, "out-of-range", "\(name) \(error).")
            return nil
        }
    }

    mutating func object(_ name: String, _ value: JSONText) -> JSONText? {
        guard !value.isNull else { return nil }
        guard value.kind == .object else {
            wrongType(name, value, "an object")
            return nil
        }
        return value
    }

    mutating func bool(_ name: String, _ value: JSONText) -> Bool? {
        switch value.string {
        case "null": return nil
        case "true": return true
        case "false": return false
        default:
            wrongType(name, value, "true or false")
            return nil
        }
    }

    mutating func array(_ name: String, _ value: JSONText) -> [JSONText]? {
        // Only an array has elements; anything else is refused.
        if value.isNull || value.kind == .array { return try? value.elements() }
        wrongType(name, value, "an array")
        return nil
    }

    mutating func identifier(_ name: String, _ value: JSONText) -> JobID? {
        guard let text = string(name, value) else { return nil }
        if let id = JobID(text) { return id }
        refuse(name, "invalid", "\(name) is \"\(text.quotable)\"; it must be a UUID.")
        return nil
    }

    mutating func strings(_ name: String, _ value: JSONText) -> [String]? {
        guard !value.isNull else { return nil }
        // Only an array has elements; anything else is refused below.
        guard let elements = try? value.elements() else {
            wrongType(name, value, "an array of strings")
            return nil
        }
        let texts = elements.compactMap(\.stringValue)
        guard texts.count == elements.count else {
            wrongType(name, value, "an array of strings")
            return nil
        }
        return texts
    }
}
#endif
