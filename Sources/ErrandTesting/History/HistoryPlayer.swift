import Errand

/// Takes a history's steps on both stores, and compares.
struct HistoryPlayer {
    private let seed: UInt64
    private let store: any JobStore
    private let model: MemoryJobStore
    private let clock: ManualClock
    private var generator: HistoryGenerator
    private var ledger = HistoryLedger()
    private var played: [(operation: HistoryOperation, answer: HistoryAnswer?)] = []
    private var answers = HistoryCoverage()

    var coverage: HistoryCoverage {
        var all = answers
        all.merge(model.coverage)
        return all
    }

    init(_ history: JobHistory, store: any JobStore, clock: ManualClock) {
        seed = history.seed
        self.store = store
        self.clock = clock
        model = MemoryJobStore(clock: clock, cascades: history.cascades)
        model.watch()
        generator = HistoryGenerator(seed: history.seed, workers: max(1, history.workers))
    }

    mutating func play(_ step: Int, isLast: Bool) async throws {
        let operation = generator.next(ledger, at: clock.now())
        played.append((operation, nil))
        operation.move(clock)
        let expected = await operation.perform(on: model)
        let actual = await operation.perform(on: store)
        guard actual == expected else { throw difference("the answers differ:\n" + describe(actual, expected)) }
        played[played.count - 1].answer = actual
        for name in actual.names { answers.count(operation.name + name) }
        do throws(HistoryLedger.Violation) {
            try ledger.note(operation, actual)
            generator.note(operation, actual)
        } catch {
            throw difference(error.message)
        }
        for number in model.takeTouched() { try await compare(number, after: operation, answer: actual) }
        if isLast || step % 50 == 0 { try await compareAll() }
    }

    private mutating func compare(
        _ number: Int64,
        after operation: HistoryOperation,
        answer: HistoryAnswer
    ) async throws {
        // The answer was the job, and is compared already.
        if case .job(let job) = answer, job.number == number { return try observe(job, after: operation) }
        let read = HistoryOperation.read(.number(number), .system)
        let (expected, actual) = (await read.perform(on: model), await read.perform(on: store))
        guard actual == expected else {
            throw difference("job #\(number) differs afterwards:\n" + describe(actual, expected))
        }
        guard case .job(let job) = actual else { return ledger.forget(number) }
        try observe(job, after: operation)
    }

    private mutating func observe(_ job: Job, after operation: HistoryOperation) throws {
        do throws(HistoryLedger.Violation) {
            try ledger.observe(job, after: operation)
        } catch {
            throw difference(error.message)
        }
    }

    /// Compares everything that can be asked for, field by field.
    private func compareAll() async throws {
        for scope in [Scope.system, .tenant("t1"), .tenant("t2", projects: ["p"])] {
            try await compareList(scope)
            try await compare("the queues") { try await $0.queues(scope: scope) }
            for grouping in JobGrouping.allCases {
                try await compare("the counts by \(grouping)") {
                    try await $0.counts(by: grouping, projectId: nil, scope: scope)
                }
            }
        }
        for entry in ledger.entries.suffix(30) where !entry.isGone && !entry.isTracked {
            try await compare("the log of #\(entry.number)") {
                try await $0.logs(entry.reference, after: 0, limit: 100, scope: .system)
            }
            try await compare("the files of #\(entry.number)") {
                try await $0.files(entry.reference, scope: .system)
            }
            try await compare("the dependencies of #\(entry.number)") {
                try await $0.dependencies(entry.reference, scope: .system)
            }
        }
    }

    private func compareList(_ scope: Scope) async throws {
        var page = PageRequest(limit: 40)
        repeat {
            let request = page
            let expected = try await model.jobs(JobFilter(), page: request, scope: scope)
            let actual = try await store.jobs(JobFilter(), page: request, scope: scope)
            guard actual.next == expected.next, actual.jobs.count == expected.jobs.count else {
                throw difference(
                    "a list differs: store \(actual.jobs.map(\.number)), next \(actual.next ?? 0); "
                        + "model \(expected.jobs.map(\.number)), next \(expected.next ?? 0)"
                )
            }
            for (left, right) in zip(actual.jobs, expected.jobs) where left.comparable != right.comparable {
                throw difference("job #\(left.number) is listed otherwise:\n" + differences(left, right))
            }
            page.before = actual.next
        } while page.before != nil
    }

    private func compare<Value: Equatable>(
        _ what: String,
        _ ask: (any JobStore) async throws -> Value
    ) async throws {
        let (expected, actual) = (try await ask(model), try await ask(store))
        guard actual == expected else { throw difference("\(what) differ:\n" + differences(actual, expected)) }
    }

    private func describe(_ actual: HistoryAnswer, _ expected: HistoryAnswer) -> String {
        if case (.job(let left), .job(let right)) = (actual, expected) { return differences(left, right) }
        return "  store \(actual)\n  model \(expected)"
    }

    private func difference(_ message: String) -> HistoryDifference {
        HistoryDifference(
            seed: seed,
            step: played.count,
            message: "step \(played.count), \(played.last.map { "\($0.operation)" } ?? ""):\n\(message)",
            operations: played.map { "\($0.operation) → \($0.answer?.summary ?? "?")" }
        )
    }
}
