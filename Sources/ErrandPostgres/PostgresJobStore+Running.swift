#if Postgres
public import Errand

// What workers do all the time. Most of it is one statement, and so one round trip and no transaction that stays open
// between two; what that cannot decide is left to a transaction.
//
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore {
    /// How many ends are worth a connection and a commit of their own beside those of a claim.
    private static let rowsForTwo = 64
    public func claim(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        let context = context
        return try await pool.run { link throws(JobStoreError) in
            if let claim = try Self.claimAtOnce(request, on: link, context) { return claim }
            return try PostgresTransaction.write(on: link, context) { session throws(JobStoreError) in
                try session.claim(request)
            }
        }
    }

    public func claimWhenReady(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        // Subscribed before the first look: what is submitted after it is heard of.
        var changes = changes(.wakeUps)
        var claim = try await claim(request)
        let due = claim.nextDue ?? .seconds(Int64.max)
        while claim.jobs.isEmpty, claim.nextDue ?? due >= due {
            let (isOver, served) = await wait(for: request, &changes)
            if let served { return served }
            if isOver { return claim }
            claim = try await self.claim(request)
        }
        return claim
    }

    /// Waits until there may be something to claim, or a submit has claimed it with its own commit.
    private func wait(
        for request: ClaimRequest,
        _ changes: inout StoreChangeStream
    ) async -> (isOver: Bool, served: Claim?) {
        let waiting = WaitingClaim(request)
        context.waitingClaims.add(waiting)
        defer { context.waitingClaims.remove(waiting) }
        while let change = await changes.next() {
            if request.mayTake(from: change.queues) { return (false, await waiting.end()) }
        }
        return (true, await waiting.end())
    }

    public func settle(_ settlements: [Settlement]) async throws(JobStoreError) -> [SettleResult] {
        guard !settlements.isEmpty else { return [] }
        let checked = settlements.map { $0.checked() }
        let context = context
        return try await pool.run { link throws(JobStoreError) in
            guard let completions = Completion.all(checked) else {
                return try Self.settle(Self.parts(of: checked), on: link, context)
            }
            let done = try PostgresTransaction.writeAtOnce(on: link, context) { session throws(JobStoreError) in
                try session.completedAtOnce(session.run(session.completesAtOnce(completions)), of: completions)
            }
            return try Self.settleRest(of: checked, completions, done, on: link, context)
        }
    }

    public func settle(
        _ settlements: [Settlement],
        thenClaim request: ClaimRequest
    ) async throws(JobStoreError) -> SettleAndClaim {
        guard !settlements.isEmpty else {
            return SettleAndClaim(results: .success([]), claim: .success(try await claim(request)))
        }
        // Each waits for the server's work on every row, which two connections share.
        if settlements.count >= Self.rowsForTwo, request.runningJobsPerTenant == nil {
            async let claim = claimed(request)
            let results = await settled(settlements)
            return SettleAndClaim(results: results, claim: await claim)
        }
        let checked = settlements.map { $0.checked() }
        let context = context
        return try await pool.run { link throws(JobStoreError) in
            if let both = try Self.settleAndClaimAtOnce(checked, request, on: link, context) { return both }
            var parts = Self.parts(of: checked)
            let last = parts.removeLast()
            let before = try Self.settle(parts, on: link, context)
            return try PostgresTransaction.write(on: link, context) { session throws(JobStoreError) in
                let results = try before + session.settle(last)
                return SettleAndClaim(results: .success(results), claim: .success(try session.claim(request)))
            }
        }
    }

    private func claimed(_ request: ClaimRequest) async -> Result<Claim, JobStoreError> {
        do throws(JobStoreError) { return .success(try await claim(request)) } catch { return .failure(error) }
    }

    private func settled(_ settlements: [Settlement]) async -> Result<[SettleResult], JobStoreError> {
        do throws(JobStoreError) { return .success(try await settle(settlements)) } catch { return .failure(error) }
    }

    // MARK: - In parts

    /// A batch of ends as transactions, most often one.
    ///
    /// What is submitted under keys or identifiers is stored in their order within a transaction. Follow-ups are stored
    /// run by run, as each may be refused; so at most one run of a transaction submits such.
    private static func parts(
        of settlements: [Result<Settlement, JobStoreError>]
    ) -> [[Result<Settlement, JobStoreError>]] {
        var parts: [[Result<Settlement, JobStoreError>]] = [[]]
        var hasKeys = false
        for settlement in settlements {
            let isKeyed = (try? settlement.get())?.submitsUnderKeys == true  // What is refused already submits nothing.
            if isKeyed, hasKeys { parts.append([]) }
            hasKeys = hasKeys || isKeyed
            parts[parts.count - 1].append(settlement)
        }
        return parts
    }

    private static func settle(
        _ parts: [[Result<Settlement, JobStoreError>]],
        on link: PostgresLink,
        _ context: PostgresContext
    ) throws(JobStoreError) -> [SettleResult] {
        var results: [SettleResult] = []
        for part in parts {
            results += try PostgresTransaction.write(on: link, context) { session throws(JobStoreError) in
                try session.settle(part)
            }
        }
        return results
    }

    // MARK: - At once

    /// Nil where it is a matter of turns.
    private static func claimAtOnce(
        _ request: ClaimRequest,
        on link: PostgresLink,
        _ context: PostgresContext
    ) throws(JobStoreError) -> Claim? {
        guard context.mayClaimAtOnce(request) else { return nil }
        let claimed = try PostgresTransaction.writeAtOnce(on: link, context) { session throws(JobStoreError) in
            try session.claimAtOnce(request)
        }
        return try finish(claimed, on: link, context)
    }

    private static func finish(
        _ claimed: ClaimAtOnce?,
        on link: PostgresLink,
        _ context: PostgresContext
    ) throws(JobStoreError) -> Claim? {
        if claimed == nil { context.takeTurns() }
        for row in claimed?.corrupt ?? [] { try PostgresTransaction.quarantine(row, on: link, context) }
        return claimed?.claim
    }

    /// Nil where the ends or the claim are a matter of more than that.
    private static func settleAndClaimAtOnce(
        _ settlements: [Result<Settlement, JobStoreError>],
        _ request: ClaimRequest,
        on link: PostgresLink,
        _ context: PostgresContext
    ) throws(JobStoreError) -> SettleAndClaim? {
        guard let completions = Completion.all(settlements), context.mayClaimAtOnce(request) else { return nil }
        let (done, claimed) = try PostgresTransaction.writeAtOnce(on: link, context) { session throws(JobStoreError) in
            try session.demoteAfterJump()
            let answers = try session.run([session.completesAtOnce(completions)] + session.claimsAtOnce(request))
            let done = try session.completedAtOnce(answers[0], of: completions)
            return (done, try session.claimed(answers[1...], for: request))
        }
        let results = outcome { () throws(JobStoreError) in
            try settleRest(of: settlements, completions, done, on: link, context)
        }
        let claim = outcome { () throws(JobStoreError) in
            if let claim = try finish(claimed, on: link, context) { return claim }
            return try PostgresTransaction.write(on: link, context) { session throws(JobStoreError) in
                try session.claim(request)
            }
        }
        return SettleAndClaim(results: results, claim: claim)
    }

    private static func outcome<Value>(
        _ body: () throws(JobStoreError) -> Value
    ) -> Result<Value, JobStoreError> {
        do throws(JobStoreError) { return .success(try body()) } catch { return .failure(error) }
    }

    /// Settles in a transaction what could not be completed at once: jobs that others wait for, and lost leases.
    private static func settleRest(
        of settlements: [Result<Settlement, JobStoreError>],
        _ completions: [Completion],
        _ done: Set<Int64>,
        on link: PostgresLink,
        _ context: PostgresContext
    ) throws(JobStoreError) -> [SettleResult] {
        let rest = zip(settlements, completions).filter { !done.contains($1.lease.number) }.map(\.0)
        guard !rest.isEmpty else { return settlements.map { _ in .applied(.completed) } }
        var settled = try PostgresTransaction.write(on: link, context) { session throws(JobStoreError) in
            try session.settle(rest)
        }[...]
        return completions.compactMap { completion in
            done.contains(completion.lease.number) ? .applied(.completed) : settled.popFirst()
        }
    }
}

extension Settlement {
    /// Whether it submits jobs whose keys or identifiers others may be about to store.
    fileprivate var submitsUnderKeys: Bool { followUps.contains { $0.uniqueKey != nil || $0.id != nil } }
}
#endif
