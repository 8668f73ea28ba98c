#if Files
import Errand

/// What one object on a program's standard output says; its members count each.
struct CommandMessage {
    static let members = ["progress", "message", "data", "result"]

    /// 0 to 100; what is outside is moved there.
    private(set) var progress: Int?
    private(set) var message: String?
    private(set) var data: JSONText?
    private(set) var result: JSONText?

    /// Reads an object.
    ///
    /// - Throws: Why it is no message. One that is wrong in a part is wrong as a whole.
    init(_ bytes: [UInt8]) throws(WrongMessage) {
        let object: JSONObject
        do throws(JSONError) {
            object = try JSONText(validating: bytes, limits: Self.limits).object()
        } catch {
            throw WrongMessage(error.description, in: bytes)
        }
        do throws(Refusal) { try read(object) } catch { throw WrongMessage(error.reason, in: bytes) }
    }

    /// One level more than any JSON has, so that a result may have all that there are.
    private static let limits = JSONLimits(maximumDepth: ObjectOutline.deepest)

    private struct Refusal: Error { let reason: String }

    private mutating func read(_ object: JSONObject) throws(Refusal) {
        guard !object.members.isEmpty else { throw Refusal(reason: "it says nothing; expected \(Self.expected)") }
        for (name, value) in object.members {
            switch name {
            case "progress": progress = try Self.percent(value)
            case "message":
                guard let text = value.stringValue else { throw Self.refusal(name, value, expected: "a string") }
                message = text
            case "data":
                guard value.kind == .object else { throw Self.refusal(name, value, expected: "an object") }
                data = value
            case "result": result = value
            default: throw Refusal(reason: "it has the member \"\(name.cut(toBytes: 100))\"; expected \(Self.expected)")
            }
        }
    }

    private static let expected = members.dropLast().joined(separator: ", ") + " or \(members.last ?? ""), and no other"

    private static func percent(_ value: JSONText) throws(Refusal) -> Int {
        guard value.kind == .number else { throw refusal("progress", value, expected: "a number") }
        // A number that no double comes near is far outside.
        let number = value.doubleValue ?? (value.string.utf8.first == UInt8(ascii: "-") ? 0 : 100)
        return Int(min(max(number, 0), 100))
    }

    private static func refusal(_ name: String, _ value: JSONText, expected: String) -> Refusal {
        Refusal(reason: "\(name) is \(value.kind.shown); expected \(expected)")
    }
}

/// Why what begins as an object is no message.
struct WrongMessage: Error, Equatable {
    let reason: String
    /// Whether it has a result, or seems to: then it must not be passed over.
    let hasResult: Bool

    init(_ reason: String, in bytes: [UInt8]) {
        self.reason = reason
        hasResult = LooseMembers.include("result", in: bytes)
    }

    /// The reason why what has not even the outline of an object is none.
    init(malformed bytes: [UInt8]) {
        do throws(JSONError) {
            _ = try JSONText(validating: bytes, limits: JSONLimits(maximumDepth: ObjectOutline.deepest))
            self.init("it is no object", in: bytes)
        } catch {
            self.init(error.description, in: bytes)
        }
    }
}

extension JSONKind {
    /// What a person calls it.
    fileprivate var shown: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a truth value"
        case .null: "null"
        }
    }
}
#endif
