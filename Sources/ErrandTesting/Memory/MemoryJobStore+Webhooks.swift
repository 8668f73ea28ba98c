public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore: WebhookStore {
    public func insert(_ webhook: Webhook) async throws(JobStoreError) {
        try webhook.validate()
        try write { (state, _) throws(JobStoreError) in
            guard !state.webhooks.contains(where: { $0.id == webhook.id }) else { throw .takenWebhook(webhook.id) }
            let others = state.webhooks.count { $0.job == nil && $0.scope.tenantId == webhook.scope.tenantId }
            guard others < Webhook.endpointsPerTenant else { throw .tooManyWebhooks }
            state.webhooks.append(webhook)
        }
    }

    public func webhooks(scope: Scope) async throws(JobStoreError) -> [Webhook] {
        try read { (state, _) throws(JobStoreError) in
            state.webhooks.filter { $0.job == nil && scope.contains($0.scope) }.reversed()
        }
    }

    public func webhook(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Webhook {
        try read { (state, _) throws(JobStoreError) in try state.webhooks[state.place(of: id, scope)] }
    }

    public func webhook(of job: Job) async throws(JobStoreError) -> Webhook? {
        try read { (state, _) throws(JobStoreError) in state.webhooks.first { $0.job == job.number } }
    }

    public func update(_ id: JobID, _ change: WebhookChange, scope: Scope) async throws(JobStoreError) -> Webhook {
        try write { (state, time) throws(JobStoreError) in
            let place = try state.place(of: id, scope)
            let changed = try state.webhooks[place].applying(change, at: time.wall)
            try changed.validate()
            state.webhooks[place] = changed
            return changed
        }
    }

    public func deleteWebhook(_ id: JobID, scope: Scope) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in
            let place = try state.place(of: id, scope)
            guard state.webhooks[place].job == nil else { throw .noWebhook(id) }
            state.webhooks.remove(at: place)
        }
    }
}

extension MemoryState {
    fileprivate func place(of id: JobID, _ scope: Scope) throws(JobStoreError) -> Int {
        guard let place = webhooks.firstIndex(where: { $0.id == id && scope.contains($0.scope) }) else {
            throw .noWebhook(id)
        }
        return place
    }

    /// Keeps what a submit said of an address of its own.
    mutating func add(_ new: JobWebhook?, to job: Job, at time: StoreTime) {
        guard let new else { return }
        let id = ids.next(at: time.wall)
        webhooks.append(Webhook(new, id: id, job: job.number, tenantId: job.tenantId, at: time.wall))
    }

    /// Keeps what a submit said of an address of its own, instead of what the job had that it replaced.
    mutating func add(_ new: JobWebhook?, inPlaceOfThatOf job: Job, at time: StoreTime) {
        webhooks.removeAll { $0.job == job.number }
        add(new, to: job, at: time)
    }

    /// Stores what is to be told of a job's end.
    mutating func deliverEnd(of job: Job, at time: StoreTime) {
        guard job.status.isTerminal, !webhooks.isEmpty else { return }
        for webhook in webhooks {
            guard let (delivery, scope) = webhook.delivery(of: job) else { continue }
            _ = keep(delivery, tenantId: scope.tenantId, at: time)
        }
    }
}
