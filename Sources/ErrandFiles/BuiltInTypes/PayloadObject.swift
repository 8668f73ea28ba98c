#if Files
import Errand

/// Reads an object of a submitted payload strictly: every refusal names its place, the value found and what would do.
struct PayloadObject {
    let object: JSONObject
    /// Where the object lies in the submitted job.
    let pointer: String

    init(_ json: JSONText, at pointer: String) throws(JobStoreError) {
        do throws(JSONError) { object = try json.object() } catch {
            throw .refused(pointer, "is \(json.shown); expected an object")
        }
        self.pointer = pointer
    }

    /// Refuses members that nobody reads; those that will be known one day are told apart.
    func refuseOthers(than known: [String], later: [String] = []) throws(JobStoreError) {
        for (name, value) in object.members where !known.contains(where: name.isSpelt) {
            let place = "\(pointer)/\(name.pointerEscaped)"
            if later.contains(where: name.isSpelt) { throw .refused(place, "is not supported yet; leave it out") }
            throw .refused(place, "is unknown (its value is \(value.shown)); expected \(known.joined(separator: ", "))")
        }
    }

    /// A member, nil when it is left out or null.
    subscript(name: String) -> JSONText? { object[name].flatMap { $0.isNull ? nil : $0 } }

    func string(_ name: String) throws(JobStoreError) -> String? {
        guard let value = self[name] else { return nil }
        guard let string = value.stringValue else { throw refused(name, expected: "a string") }
        return string
    }

    func requiredName(_ name: String) throws(JobStoreError) -> String {
        guard let value = try string(name) else {
            throw .refused("\(pointer)/\(name)", "is missing; expected a string")
        }
        guard (1...JobLimits.nameBytes).contains(value.utf8.count), !value.unicodeScalars.contains(where: \.isControl)
        else { throw refused(name, expected: "1 to \(JobLimits.nameBytes) bytes without control characters") }
        return value
    }

    func bool(_ name: String) throws(JobStoreError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.boolValue else { throw refused(name, expected: "true or false") }
        return flag
    }

    /// One of a few words; words that will be known one day are told apart.
    func word(_ name: String, of words: [String], later: [String] = []) throws(JobStoreError) -> String? {
        guard let value = self[name] else { return nil }
        let expected = words.joined(separator: " or ")
        guard let word = value.stringValue, words.contains(word) else {
            guard let word = value.stringValue, later.contains(word) else { throw refused(name, expected: expected) }
            throw .refused("\(pointer)/\(name)", "is \"\(word)\", which is not supported yet; expected \(expected)")
        }
        return word
    }

    func refused(_ name: String, expected: String) -> JobStoreError {
        .refused("\(pointer)/\(name)", "is \(self[name]?.shown ?? "null"); expected \(expected)")
    }
}

extension JobStoreError {
    static func refused(_ pointer: String, _ message: String) -> JobStoreError {
        JobStoreError(.invalid, "\(pointer) \(message)", pointer: pointer)
    }
}

extension JSONText {
    /// The value as an error shows it: short ones as they are.
    var shown: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        default: utf8Count <= 100 ? string : "\(string.prefix(80))…"
        }
    }
}

extension Unicode.Scalar {
    var isControl: Bool { properties.generalCategory == .control }
}
#endif
