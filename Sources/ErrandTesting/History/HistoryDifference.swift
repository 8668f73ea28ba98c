import Errand
import FoundationEssentials

/// Where a store and the reference store parted, or where a store broke an invariant.
public struct HistoryDifference: Error, Sendable, CustomStringConvertible {
    /// Plays the same history again.
    public let seed: UInt64
    /// The step at which it showed, from 1: a history of so many steps is the shortest prefix that shows it.
    public let step: Int
    /// What was compared, with both sides.
    public let message: String
    /// Every step up to there.
    public let operations: [String]

    /// Everything, for a person who will play it again.
    public var description: String {
        let steps = operations.enumerated().map { "  \($0.offset + 1). \($0.element)" }.joined(separator: "\n")
        return """
            the store differs from the model: JobHistory(seed: \(seed), steps: \(step))
            \(message)
            the steps:
            \(steps)
            """
    }
}

/// A value as text that shows all of it: the milliseconds of a time are where stores differ.
private func text(_ value: Any) -> String {
    switch value {
    case let date as Date: RFC3339.format(date) + " (\(date.timeIntervalSince1970))"
    case let date as Date?: date.map { text($0) } ?? "nil"
    default: "\(value)"
    }
}

/// The fields in which two values of a type differ, one a line.
func differences<Value>(_ actual: Value, _ expected: Value) -> String {
    let pairs = zip(Mirror(reflecting: actual).children, Mirror(reflecting: expected).children)
    let lines = pairs.compactMap { actual, expected -> String? in
        let (left, right) = (text(actual.value), text(expected.value))
        return left == right ? nil : "  \(actual.label ?? "?"): store \(left), model \(right)"
    }
    return lines.isEmpty ? "  store \(actual)\n  model \(expected)" : lines.joined(separator: "\n")
}
