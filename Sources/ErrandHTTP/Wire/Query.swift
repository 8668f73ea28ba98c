#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// The parameters of a request's query.
struct Query: Sendable {
    private let items: [(name: String, value: String)]

    /// Reads the query; refuses what is not text, and names that the operation does not have.
    ///
    /// An unknown name is refused because a misspelt filter would otherwise be answered with everything.
    init(_ request: Request, names: Set<String>) throws(Problem) {
        guard let query = request.uri.query, !query.isEmpty else {
            items = []
            return
        }
        var items: [(name: String, value: String)] = []
        for item in query.split(at: "&") {
            let equals = item.utf8.firstIndex(of: UInt8(ascii: "="))
            let name = PercentCoding.decode(item[..<(equals ?? item.endIndex)], plusIsSpace: true)
            let given = equals.map { item[item.utf8.index(after: $0)...] } ?? ""
            let value = PercentCoding.decode(given, plusIsSpace: true)
            guard let name, let value, !value.utf8.contains(0) else {
                throw .parameter(
                    String(item).quotable,
                    "malformed",
                    "\"\(String(item).quotable)\" is not encoded text."
                )
            }
            guard names.contains(where: name.isSpelt) else { throw Self.unknown(name, names) }
            items.append((name, value))
        }
        self.items = items
    }

    private static func unknown(_ name: String, _ names: Set<String>) -> Problem {
        let known = names.isEmpty ? "it has none" : "it has \(names.sorted().joined(separator: ", "))"
        return .parameter(
            name.quotable,
            "unknown-parameter",
            "The operation has no parameter \"\(name.quotable)\"; \(known)."
        )
    }

    /// Whether the parameter was given.
    func has(_ name: String) -> Bool { items.contains { $0.name == name } }

    /// The value of a parameter that may be given once; nil when it is absent.
    func value(_ name: String) throws(Problem) -> String? {
        let values = items.filter { $0.name == name }
        guard values.count <= 1 else { throw .parameter(name, "repeated", "\(name) is given \(values.count) times.") }
        return values.first?.value
    }

    /// The same where any text will do; an empty one, as forms send it, is as good as none.
    func text(_ name: String) throws(Problem) -> String? { try value(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// The comma-separated values of a parameter, which may also be repeated; nil when there is none.
    func list(_ name: String) -> [String]? {
        let values = items.filter { $0.name == name }.flatMap { $0.value.split(at: ",") }
            .map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
        return values.isEmpty ? nil : values
    }

    /// A time that can be kept.
    func moment(_ name: String) throws(Problem) -> Moment? {
        guard let text = try value(name) else { return nil }
        guard let date = RFC3339.parse(text) else {
            throw .parameter(name, "invalid", "\(name) is \"\(text.quotable)\"; give a time as 2024-01-15T10:30:00Z.")
        }
        do throws(MomentOutOfRange) { return try Moment(date) } catch {
            throw .parameter(name, "out-of-range", "\(name) \(error).")
        }
    }

    /// A whole number from zero.
    func count(_ name: String) throws(Problem) -> Int64? {
        guard let text = try value(name) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw .parameter(name, "invalid", "\(name) is \"\(text.quotable)\"; give a whole number from 0.")
        }
        return number
    }

    /// `true` or `false`.
    func flag(_ name: String) throws(Problem) -> Bool? {
        guard let text = try value(name) else { return nil }
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default: throw .parameter(name, "invalid", "\(name) is \"\(text.quotable)\"; give true or false.")
        }
    }

    /// How many records a page has: 50 unless given, and never more than a maximum.
    func limit(maximum: Int = 200) throws(Problem) -> Int {
        guard let count = try count("limit"), count > 0 else { return 50 }
        return Int(min(count, Int64(maximum)))
    }
}

extension StringProtocol {
    /// The text without spaces at either end.
    func trimmingWhitespace() -> String {
        var text = self.unicodeScalars[...]
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(String.UnicodeScalarView(text))
    }
}
#endif
