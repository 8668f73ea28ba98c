import Synchronization

// What a run says, collected until the next flush.
extension JobRun {
    /// Changes the report to be sent next.
    func note(_ change: (inout RunReport) -> Void) {
        let isNew = state.withLock { state in
            guard !state.isSettled, state.revocation == nil else { return false }
            var report = state.unsent ?? RunReport(lease: lease)
            state.unsent = nil
            change(&report)
            state.unsent = report
            return Self.list(&state)
        }
        if isNew { engine.reports.add(self) }
    }

    /// Adds a log line, up to the limit of one run.
    func note(_ line: LogLine) {
        let isNew = state.withLock { state in
            guard !state.isSettled, state.revocation == nil, state.lineCount < JobLimits.logLinesPerAttempt
            else { return false }
            state.lineCount += 1
            var line = line
            line.message = line.message.cut(toBytes: JobLimits.logLineBytes)
            var report = state.unsent ?? RunReport(lease: lease)
            state.unsent = nil
            report.logs.append(line)
            state.unsent = report
            return Self.list(&state)
        }
        if isNew { engine.reports.add(self) }
    }

    private static func list(_ state: inout State) -> Bool {
        defer { state.isListed = true }
        return !state.isListed
    }

    /// Takes what is to be sent now; nil when there is nothing, or the run has ended.
    func startSending() -> RunReport? {
        state.withLock { state in
            state.isListed = false
            guard !state.isSettled, let report = state.unsent else { return nil }
            state.unsent = nil
            state.sending = Sending(hasLines: !report.logs.isEmpty)
            return report
        }
    }

    /// Notes that a report arrived or, when it is given back, did not; returns an end that waited for it.
    func endSending(unsent report: RunReport? = nil) -> (end: Settlement?, isListed: Bool) {
        state.withLock { state in
            let held = state.sending?.heldEnd
            state.sending = nil
            guard let report else { return (held, false) }
            if var end = held {
                end.report = end.report.map(report.followed) ?? report
                return (end, false)
            }
            state.unsent = state.unsent.map { report.followed(by: $0) } ?? report
            return (nil, Self.list(&state))
        }
    }

    /// Gives the end the last report, and hands it over; nil when it has to wait for log lines on their way.
    func complete(_ end: Settlement) -> Settlement? {
        state.withLock { state in
            var end = end
            if case .acknowledgeCancel = end.outcome { return end }
            end.report = state.unsent
            state.unsent = nil
            guard state.sending?.hasLines == true else { return end }
            state.sending?.heldEnd = end
            return nil
        }
    }
}

extension RunReport {
    /// This report with a later one over it.
    func followed(by later: RunReport) -> RunReport {
        var report = later
        report.progress = later.progress ?? progress
        report.message = later.message ?? message
        report.data = later.data ?? data
        report.checkpoint = later.checkpoint ?? checkpoint
        report.logs = logs + later.logs
        return report
    }
}
