import Errand

/// How often histories reached each transition, each refusal and each answer.
public struct HistoryCoverage: Sendable, CustomStringConvertible {
    /// The counts, by what was reached, such as `settle.fail Running → Queued` or `cancel refused: status Failed`.
    public private(set) var counts: [String: Int] = [:]

    /// Creates an empty coverage.
    public init() {}

    /// Adds what other histories reached.
    public mutating func merge(_ other: HistoryCoverage) {
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// What is listed in ``expected`` and was reached less often than the minimum, with its count.
    public func missing(minimum: Int) -> [String] {
        Self.expected.compactMap { name in
            let count = counts[name] ?? 0
            return count < minimum ? "\(name): \(count)" : nil
        }
    }

    /// A table of everything reached, sorted by name.
    public var description: String {
        counts.sorted { $0.key < $1.key }.map { name, count in
            String(repeating: " ", count: max(0, 10 - String(count).count)) + "\(count)  \(name)"
        }
        .joined(separator: "\n")
    }

    mutating func count(_ name: String) { counts[name, default: 0] += 1 }

    mutating func count(_ event: JobEvent, from old: JobStatus, to new: JobStatus) {
        count("\(event.name) \(old.rawValue) → \(new.rawValue)")
    }

    mutating func count(_ event: JobEvent, refused refusal: TransitionRefusal) {
        count("\(event.name) refused: \(refusal.reason) \(refusal.status.rawValue)")
    }
}

/// What the reference store writes down for a history.
struct TransitionWitness: Sendable {
    var coverage = HistoryCoverage()
    var touched: Set<Int64> = []
}

extension JobEvent {
    fileprivate var name: String {
        switch self {
        case .claim: "claim"
        case .report: "report"
        case .settle(let settlement): settlement.outcome.name
        case .reap: "reap"
        case .cancel: "cancel"
        case .retry: "retry"
        case .amend: "amend"
        case .update: "update"
        case .goStale: "goStale"
        case .dependencyCompleted: "dependencyCompleted"
        case .dependencyFailed: "dependencyFailed"
        case .replace: "replace"
        }
    }
}

extension Settlement.Outcome {
    fileprivate var name: String {
        switch self {
        case .complete: "settle.complete"
        case .fail: "settle.fail"
        case .snooze: "settle.snooze"
        case .release: "settle.release"
        case .acknowledgeCancel: "settle.acknowledge"
        }
    }
}

extension HistoryCoverage {
    /// Everything that histories must reach: each transition, each refusal by reason and status, and each answer.
    public static let expected: [String] = transitions + refusals + answers

    private static let transitions: [String] = [
        "claim Queued → Running", "report Running → Running", "settle.complete Running → Completed",
        "settle.fail Running → Queued", "settle.fail Running → Failed", "settle.snooze Running → Queued",
        "settle.release Running → Queued", "settle.acknowledge Cancelled → Cancelled",
        "settle.acknowledge Queued → Queued", "reap Running → Queued",
        "reap Running → Failed", "cancel Queued → Cancelled", "cancel Running → Cancelled", "retry Failed → Queued",
        "retry Cancelled → Queued", "update Queued → Queued", "update Queued → Running", "update Queued → Completed",
        "update Queued → Failed", "update Running → Running", "update Running → Completed", "update Running → Failed",
        "update Completed → Completed", "update Failed → Failed", "update Cancelled → Cancelled",
        "goStale Queued → Failed", "goStale Running → Failed", "dependencyCompleted Queued → Queued",
        "dependencyFailed Queued → Cancelled", "replace Queued → Queued",
        "amend Queued → Queued",
    ]

    private static let refusals: [String] =
        ["report", "settle.complete", "settle.fail", "settle.snooze", "settle.release"].flatMap { event in
            ["Queued", "Running", "Completed", "Failed", "Cancelled"].map { "\(event) refused: fenced \($0)" }
                + ["Queued", "Completed", "Failed"].map { "\(event) refused: status \($0)" }
        }
        + ["Queued", "Running", "Completed", "Failed", "Cancelled"].map { "settle.acknowledge refused: fenced \($0)" }
        + [
            "settle.acknowledge refused: status Cancelled",
            "cancel refused: status Completed", "cancel refused: status Failed", "cancel refused: status Cancelled",
            "amend refused: status Running", "retry refused: status Queued", "retry refused: status Running",
            "retry refused: status Completed",
            "update refused: status Completed", "update refused: status Failed", "update refused: status Cancelled",
            "update refused: hasResult Completed", "replace refused: status Running",
            "replace refused: dependencies Queued", "replace refused: wrongKind Queued",
        ]
        + ["Queued", "Running", "Completed", "Failed", "Cancelled"].flatMap {
            ["update refused: wrongKind \($0)", "update refused: fenced \($0)"]
        }

    private static let answers: [String] = [
        "submit: inserted", "submit: replayed", "submit: existing", "submit: replaced",
        "submit: replayed existing", "submit: replayed replaced",
        "submit refused: idempotencyMismatch", "submit refused: uniqueConflict", "submit refused: invalid",
        "submit refused: gone", "renew: renewed", "renew: cancelled", "renew: lost", "report: cancelled",
        "settle: refused", "settle: fenced nil", "report: fenced nil", "retry refused: uniqueConflict",
        "delete: done", "delete refused: conflict Cancelled", "delete refused: conflict Queued",
        "delete refused: conflict Running", "delete refused: gone", "delete refused: notFound",
        "cancel refused: notFound", "retry refused: notFound", "update refused: notFound",
        "read refused: notFound", "cancel refused: gone", "retry refused: gone", "update refused: gone",
        "read refused: gone", "prune: deleted", "claim: some", "claim: none",
    ]
}
