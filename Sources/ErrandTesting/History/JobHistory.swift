public import Errand

/// A random history of operations, played on a store and on the reference store at once.
///
/// Several workers claim, report and settle, also with leases they have lost; clients of two tenants and the system
/// submit, cancel, retry, update and delete, also where it is illegal; the clock moves, leases run out, the reaper and
/// the pruner come by. After every step both stores must have given the same answer, and every job the step touched
/// must be the same in both. Apart from the comparison the store's answers are held to the invariants.
///
/// The same seed plays the same history:
///
/// ```swift
/// try await JobHistory(seed: 4711).play { clock in try await makeStore(clock) }
/// ```
///
/// A ``HistoryDifference`` names the seed and the step, and lists the steps up to it.
public struct JobHistory: Sendable {
    /// Decides everything that happens.
    public var seed: UInt64
    /// How many operations there are.
    public var steps: Int
    /// How many workers claim.
    public var workers: Int
    /// How fast the model follows the ends of jobs to those that wait for them: as the store does.
    ///
    /// A pace of a few jobs shows what is between the steps; the store must then not go on by itself, so that both do
    /// a step with every reap. By default all are told at once, as with any pace that is larger than what a history
    /// makes.
    public var cascades = CascadePace(step: .max)

    /// Creates a history.
    public init(seed: UInt64, steps: Int = 250, workers: Int = 3) {
        self.seed = seed
        self.steps = steps
        self.workers = workers
    }

    /// Plays the history on a store of its own.
    ///
    /// - Parameter makeStore: Makes an empty store that lives by the clock.
    /// - Returns: What was reached.
    /// - Throws: ``HistoryDifference``, or what making the store threw.
    @discardableResult
    public func play(
        on makeStore: @Sendable (ManualClock) async throws -> any JobStore
    ) async throws -> HistoryCoverage {
        let clock = ManualClock()
        return try await play(by: clock, on: try await makeStore(clock))
    }

    /// Plays the history on a store that lives by a clock.
    func play(by clock: ManualClock, on store: any JobStore) async throws -> HistoryCoverage {
        var player = HistoryPlayer(self, store: store, clock: clock)
        for step in 1...max(1, steps) { try await player.play(step, isLast: step == steps) }
        return player.coverage
    }

    /// Plays histories with successive seeds, four at a time.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - seed: The first one's seed.
    ///   - steps: How many operations each has.
    ///   - cascades: How fast ends are followed by both stores.
    ///   - makeStore: Makes an empty store that lives by the clock.
    /// - Returns: What they reached together.
    /// - Throws: The first ``HistoryDifference``, or what making a store threw.
    public static func play(
        count: Int,
        from seed: UInt64,
        steps: Int = 250,
        cascades: CascadePace = CascadePace(step: .max),
        on makeStore: @escaping @Sendable (ManualClock) async throws -> any JobStore
    ) async throws -> HistoryCoverage {
        try await withThrowingTaskGroup(of: HistoryCoverage.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    var coverage = HistoryCoverage()
                    for index in stride(from: lane, to: count, by: 4) {
                        var history = JobHistory(seed: seed &+ UInt64(index), steps: steps)
                        history.cascades = cascades
                        coverage.merge(try await history.play(on: makeStore))
                    }
                    return coverage
                }
            }
            return try await group.reduce(into: HistoryCoverage()) { $0.merge($1) }
        }
    }
}
