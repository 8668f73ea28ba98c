import Errand

extension MemoryState {
    /// Goes on as a store does whose process has ended: with what was committed, and without what it only remembered.
    mutating func restart(_ leases: HistoryStore.Leases, at time: StoreTime) {
        rotation = ClaimRotation()
        limitsTenants = false
        guard case .ofProcess(let sessionLease) = leases else { return }
        for number in records.keys.sorted() {
            guard let record = records[number], let job = record.job.restarted(record, sessionLease, at: time) else {
                continue
            }
            replace(job)
        }
        endStops(at: time)
        // What died with the process is taken back at once; what follows of ends goes on with the next reap.
        while reap(limit: 500, at: time) > 0 {}
    }
}

extension Job {
    /// The job with the lease that a restart leaves it; nil where it has none.
    fileprivate func restarted(_ record: MemoryRecord, _ sessionLease: Duration, at time: StoreTime) -> Job? {
        guard leaseEnd != nil || stopping != nil else { return nil }
        var job = self
        // Over before the clock began, so that those who died with the process come first.
        let lost = Duration.seconds(-1)
        job.leaseEnd = status == .running ? (record.runsElsewhere ? time.steady + sessionLease : lost) : nil
        job.stopping?.end = record.runsElsewhere ? time.steady + min(sessionLease, StoppingTimes.limit) : lost
        return job
    }
}
