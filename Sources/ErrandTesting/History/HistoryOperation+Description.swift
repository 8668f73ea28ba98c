import Errand

extension HistoryOperation: CustomStringConvertible {
    /// The step on one line, short enough to read two hundred of them.
    var description: String {
        switch self {
        case .submit(let jobs, let scope): "submit as \(scope): \(jobs.map(\.summary).joined(separator: "; "))"
        case .claim(let request):
            "worker \(request.worker) claims \(request.limit) of \(request.types), queues \(request.queues ?? ["*"])"
        case .renew(let leases, _): "renew \(leases.map(\.summary).joined(separator: ", "))"
        case .report(let reports): "report \(reports.map(\.summary).joined(separator: "; "))"
        case .settle(let settlements): "settle \(settlements.map(\.summary).joined(separator: "; "))"
        case .update(let job, let update, let scope): "update \(job) as \(scope): \(update)"
        case .cancel(let job, let reason, let scope): "cancel \(job) as \(scope): \(reason ?? "no reason")"
        case .retry(let job, let runAt, let together, let scope):
            "retry \(job) as \(scope) at \(runAt.map { "\($0)" } ?? "once"), together with \(together)"
        case .amend(let job, let amendment, let scope): "amend \(job) as \(scope): \(amendment)"
        case .delete(let job, let scope): "delete \(job) as \(scope)"
        case .read(let job, let scope): "read \(job) as \(scope)"
        case .configure(let queue, let change): "queue \(queue): \(change)"
        case .reap(let limit): "reap at most \(limit)"
        case .prune(let limit): "prune at most \(limit)"
        case .advance(let duration): "advance by \(duration)"
        case .jumpWall(let duration): "jump the wall clock by \(duration)"
        }
    }
}

extension JobLease {
    fileprivate var summary: String { "#\(number) fence \(fence)" }
}

extension NewJob {
    fileprivate var summary: String {
        var parts = ["\(type) in \(queue) \(id.map { "\($0)" } ?? "")", "priority \(priority), budget \(maxAttempts)"]
        if let runAt { parts.append("at \(runAt)") }
        if !after.isEmpty { parts.append("after \(after)") }
        if let uniqueKey { parts.append("key \(uniqueKey) \(onConflict)") }
        if let tracking { parts.append("tracked, stale after \(tracking.staleAfterSeconds ?? 0) s") }
        if startsRunning { parts.append("running") }
        if let projectId { parts.append("project \(projectId)") }
        if let recordExpiresAt { parts.append("expires \(recordExpiresAt)") }
        return parts.joined(separator: ", ")
    }
}

extension RunReport {
    fileprivate var summary: String {
        let set = [progress.map { "progress \($0)" }, message, data?.string, checkpoint.map { "checkpoint \($0)" }]
        return "\(lease.summary): \(set.compactMap(\.self).joined(separator: ", ")), \(logs.count) lines"
    }
}

extension Settlement {
    fileprivate var summary: String {
        let rest = [report?.summary] + followUps.map(\.summary)
        return "\(lease.summary) \(outcome) \(rest.compactMap(\.self).joined(separator: ", then "))"
    }
}
