import FoundationEssentials

/// One run of a bulk job: page by page from the newest job to the oldest, with a checkpoint behind each page.
///
/// A run that takes up where another was lost may do the last page again. That is harmless: what was cancelled, deleted
/// or rescheduled is not so once more, and what was retried and has ended since is told by the time of its end.
struct BulkRun: Sendable {
    /// How many jobs there are between two checkpoints.
    private static let pageSize = 100
    /// How many of them are worked on at a time.
    private static let width = 16

    /// How far it came.
    private struct State: Codable {
        /// Everything from this number on is done.
        var before: Int64
        var done = 0
        var skipped = 0
    }

    let bulk: BulkJob
    let store: any JobStore
    let context: JobContext

    func run() async throws -> JobResult {
        var state = try context.checkpoint(as: State.self) ?? State(before: context.number)
        while true {
            try Task.checkCancellation()
            let page = PageRequest(limit: Self.pageSize, before: state.before)
            let found = try await store.jobs(bulk.filter, page: page, scope: scope)
            guard let last = found.jobs.last else { break }
            let done = try await perform(on: found.jobs.filter(isMeant).map(\.id))
            state.done = state.done.saturatingSum(done)
            state.skipped = state.skipped.saturatingSum(found.jobs.count - done)
            state.before = last.number
            context.progress(percentage(state), message(state))
            try await context.checkpoint(text(of: state))
            guard found.next != nil else { break }
        }
        return result(state)
    }

    /// What the bulk job itself belongs to.
    private var scope: Scope {
        guard let tenant = context.tenantId else { return .system }
        return .tenant(tenant, projects: context.projectId.map { [$0] })
    }

    /// Not what ended after the bulk job was asked for: that is another end than the one somebody wanted a retry of.
    private func isMeant(_ job: Job) -> Bool {
        guard bulk.action.kind == .retry, let end = job.completedAt else { return true }
        return end <= context.createdAt
    }

    /// Answers how many it was done to.
    private func perform(on jobs: [JobID]) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var (rest, done) = (jobs[...], 0)
            for id in rest.prefix(Self.width) { group.addTask { try await perform(on: id) } }
            rest = rest.dropFirst(Self.width)
            while let isDone = try await group.next() {
                done += isDone ? 1 : 0
                if let id = rest.popFirst() { group.addTask { try await perform(on: id) } }
            }
            return done
        }
    }

    /// Whether it was done; not to a job that has changed meanwhile so that it cannot be.
    private func perform(on id: JobID) async throws -> Bool {
        do throws(JobStoreError) {
            try await bulk.action.perform(on: .id(id), in: store, scope: scope)
        } catch {
            switch error.code {
            case .conflict, .uniqueConflict, .notFound, .gone: return false
            default: throw error
            }
        }
        return true
    }

    /// Written by hand: Swift 6.3.1 crashes where it specialises the checkpoint of any value for this one.
    private func text(of state: State) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("before", state.before)
            writer.member("done", state.done)
            writer.member("skipped", state.skipped)
        }
        return writer.text
    }

    private func percentage(_ state: State) -> Int {
        let seen = state.done.saturatingSum(state.skipped)
        return min(99, seen.saturatingProduct(100) / max(bulk.expected, 1))
    }

    private func message(_ state: State) -> String {
        let skipped = state.skipped > 0 ? ", \(state.skipped) passed over" : ""
        return "\(state.done) of \(bulk.expected) \(bulk.action.kind.done)\(skipped)"
    }

    private func result(_ state: State) -> JobResult {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("done", state.done)
            writer.member("skipped", state.skipped)
        }
        return JobResult(writer.text)
    }
}
