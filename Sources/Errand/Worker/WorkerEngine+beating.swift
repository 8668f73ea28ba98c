import FoundationEssentials
import Logging
import Metrics

// The heartbeat. It runs on a thread of its own and waits there, so handlers that keep every thread of the global pool
// busy cannot starve it: their leases hold as long as the process lives.
extension WorkerEngine {
    func beat() async {
        var due = begun + options.heartbeat
        var announcement = announcement
        var failures = 0
        await announce(&announcement, failures: &failures)
        while !Task.isCancelled {
            // Throws only when the worker has stopped, which ends the loop.
            try? await sleepOnThread(until: due)
            if Task.isCancelled { return }
            let now = timing.now()
            metrics.heartbeatLag.record(max(Duration.zero, now - due).seconds)
            due = now + options.heartbeat
            await renewLeases()
            await announce(&announcement, failures: &failures)
        }
    }

    private func sleepOnThread(until time: Duration) async throws {
        guard timing.isSystem else { return try await timing.sleep(time) }
        try await thread.sleep(for: time - timing.now())
    }

    private func renewLeases() async {
        let runs = held
        guard !runs.isEmpty else { return }
        let started = timing.now()
        do {
            let renewals = try await store.renew(runs.map(\.lease), for: options.lease)
            for (run, renewal) in zip(runs, renewals) {
                switch renewal {
                case .renewed: run.renewed(until: started + options.lease)
                case .cancelled: revoke(run, .cancelled)
                case .lost: loseLease(run)
                }
            }
        } catch {
            metrics.storeError("renew", error)
            logOutage(.error, "Cannot renew \(runs.count) leases: \(error)")
            for run in runs where run.leaseEnd <= timing.now() { loseLease(run) }
        }
    }

    /// What this worker says of itself when it starts.
    private var announcement: WorkerAnnouncement {
        let process = ProcessInfo.processInfo
        return WorkerAnnouncement(
            id: workerId,
            name: options.name ?? "\(process.hostName):\(process.processIdentifier)",
            version: options.version,
            queues: options.queues,
            types: takenTypes,
            slots: max(1, options.concurrency),
            startedAt: timing.wall(),
            lease: options.lease
        )
    }

    /// Says that this worker lives; only a list suffers when that fails.
    private func announce(_ announcement: inout WorkerAnnouncement, failures: inout Int) async {
        guard options.isListed else { return }
        announcement.running = activeCount
        announcement.state = announcedState
        do {
            obey(try await store.announce(announcement))
            failures = 0
        } catch {
            failures += 1
            metrics.storeError("announce", error)
            if failures == 1 { logger.warning("Cannot announce this worker: \(error); trying again") }
        }
    }

    private var announcedState: WorkerAnnouncement.State {
        let (stage, isQuiet) = change { ($0.stage, $0.isQuiet) }
        return stage > .running ? .stopping : isQuiet ? .quiet : .run
    }

    /// Does what an operator wants.
    private func obey(_ wanted: WantedState) {
        switch wanted {
        case .run: beQuiet(false)
        case .quiet: beQuiet(true)
        case .stop:
            guard stage == .running else { return }
            logger.notice("An operator wants this worker to stop; it claims nothing more and ends")
            stopSoftly()
        }
    }

    private func beQuiet(_ isQuiet: Bool) {
        let (isNews, isStandingBy) = change { state in (state.beQuiet(isQuiet), state.isStandingBy) }
        guard isNews else { return }
        logger.notice(isQuiet ? "An operator wants this worker to claim nothing more" : "This worker claims jobs again")
        // A claim that waits in the store must not bring any more.
        if isQuiet, isStandingBy { standbyOver.signal() }
        if !isQuiet { wake() }
    }

    /// Says that this worker has ended.
    func withdraw() async {
        guard options.isListed else { return }
        do {
            try await store.withdraw(worker: workerId)
        } catch {
            metrics.storeError("withdraw", error)
            logger.debug("Cannot withdraw this worker, which is listed until it is missed: \(error)")
        }
    }

    /// Stops a run that is not this worker's any more.
    func loseLease(_ run: JobRun) {
        guard revoke(run, .lost) else { return }
        logOutage(
            .warning,
            "A run lost its lease and is stopped; the job runs again elsewhere",
            metadata: ["job_id": "\(run.lease.id)", "fence": "\(run.lease.fence)"]
        )
    }
}
