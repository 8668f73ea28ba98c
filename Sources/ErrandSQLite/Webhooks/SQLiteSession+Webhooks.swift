import Errand
import FoundationEssentials

/// What the writer remembers of webhooks, so that a job's end costs nothing while there are none.
struct WebhookMemory {
    /// The endpoints, the oldest first.
    var endpoints: [Webhook] = []
    /// How many jobs have a webhook of their own.
    var ownCount = 0

    var isEmpty: Bool { endpoints.isEmpty && ownCount == 0 }
}

extension SQLiteSession {
    func insert(_ webhook: Webhook) throws(JobStoreError) {
        let find = try sql("SELECT 1 FROM webhooks WHERE id = ?")
        find.bind(1, webhook.id)
        guard try find.firstInt() == nil else { throw .takenWebhook(webhook.id) }
        let others = memory.webhooks.endpoints.count { $0.scope.tenantId == webhook.scope.tenantId }
        guard others < Webhook.endpointsPerTenant else { throw .tooManyWebhooks }
        try write(webhook)
    }

    func webhook(_ id: JobID, scope: Scope) throws(JobStoreError) -> Webhook {
        let row = try sql("SELECT * FROM webhooks WHERE id = ?")
        row.bind(1, id)
        guard let webhook = try Webhook.all(of: row).first, scope.contains(webhook.scope) else { throw .noWebhook(id) }
        return webhook
    }

    /// Writes a new webhook, or a changed one in the place of the old.
    func write(_ webhook: Webhook) throws(JobStoreError) {
        let row = try sql("INSERT OR REPLACE INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        row.bind(1, webhook.id)
        row.bind(2, webhook.scope.tenantId)
        row.bind(3, webhook.scope.storedProjects)
        row.bind(4, webhook.job)
        row.bind(5, webhook.url)
        row.bind(6, webhook.storedEvents)
        row.bind(7, webhook.format.rawValue)
        row.bind(8, webhook.isEnabled ? 1 : 0)
        row.bind(9, webhook.disabledBecause)
        row.bind(10, webhook.storedSecrets)
        row.bind(11, webhook.createdAt.milliseconds)
        row.bind(12, webhook.failures)
        row.bind(13, webhook.throttledUntil?.milliseconds)
        try row.run()
        remember(webhook)
    }

    func delete(_ webhook: Webhook) throws(JobStoreError) {
        let delete = try sql("DELETE FROM webhooks WHERE id = ?")
        delete.bind(1, webhook.id)
        try delete.run()
        changeWebhooks { $0.endpoints.removeAll { $0.id == webhook.id } }
    }

    /// Keeps what a submit said of an address of its own.
    func add(_ new: JobWebhook?, to number: Int64, tenant: Name?) throws(JobStoreError) {
        guard let new else { return }
        let id = identifiers.next(at: time.wall)
        try write(Webhook(new, id: id, job: number, tenantId: tenant, at: time.wall))
        changeWebhooks { $0.ownCount += 1 }
    }

    /// Forgets a job's own webhook with its record.
    func deleteWebhook(ofJob number: Int64) throws(JobStoreError) {
        guard memory.webhooks.ownCount > 0 else { return }
        let delete = try sql("DELETE FROM webhooks WHERE job = ? RETURNING 1")
        delete.bind(1, number)
        if try delete.firstInt() != nil { changeWebhooks { $0.ownCount -= 1 } }
    }

    /// Stores what is to be told of a job that has ended; the transaction's own row says how.
    func deliverEnd(of number: Int64, lane: Int) throws(JobStoreError) {
        guard !memory.webhooks.isEmpty, memory.lanes[lane].key.type != WebhookDelivery.type else { return }
        let tenant = memory.lanes[lane].key.tenant
        var webhooks = memory.webhooks.endpoints.filter { endpoint in
            endpoint.isEnabled && (endpoint.scope == .system || endpoint.scope.tenantId == tenant)
        }
        if memory.webhooks.ownCount > 0 {
            let own = try sql("SELECT * FROM webhooks WHERE job = ?")
            own.bind(1, number)
            webhooks += try Webhook.all(of: own)
        }
        guard !webhooks.isEmpty else { return }
        let job = try job(number)
        for webhook in webhooks {
            guard let (delivery, scope) = webhook.delivery(of: job) else { continue }
            _ = try insert([delivery], tenant: scope.tenantId, scope: scope)
        }
    }

    /// Reads back what the memory holds of webhooks, after the database was opened.
    func rememberWebhooks() throws(JobStoreError) {
        memory.webhooks.endpoints = try Webhook.all(
            of: sql("SELECT * FROM webhooks WHERE job IS NULL ORDER BY created_at, id")
        )
        memory.webhooks.ownCount = Int(try sql("SELECT count(*) FROM webhooks WHERE job IS NOT NULL").onlyInt())
    }

    private func remember(_ webhook: Webhook) {
        guard webhook.job == nil else { return }
        changeWebhooks { memory in
            if let place = memory.endpoints.firstIndex(where: { $0.id == webhook.id }) {
                memory.endpoints[place] = webhook
            } else {
                memory.endpoints.append(webhook)
            }
        }
    }

    private func changeWebhooks(_ change: (inout WebhookMemory) -> Void) {
        onUndo(.webhooks(memory.webhooks))
        change(&memory.webhooks)
    }
}

extension Webhook {
    /// Reads the rows of `SELECT * FROM webhooks`.
    static func all(of row: SQLStatement) throws(JobStoreError) -> [Webhook] {
        defer { row.reset() }
        var webhooks: [Webhook] = []
        while try row.step() { webhooks.append(try Webhook(row)) }
        return webhooks
    }

    /// Reads the row that `SELECT * FROM webhooks` stands at.
    init(_ row: SQLStatement) throws(JobStoreError) {
        let secrets = try Self.secrets(stored: row.text(9))
        guard let format = Format(rawValue: row.text(6)), let secret = secrets.first else {
            throw JobStoreError(.corrupt, "Webhook \(row.id(0)) has the format \(row.text(6)) or no secret.")
        }
        self.init(
            id: row.id(0),
            scope: try Scope.stored(tenantId: row.optionalName(1), projects: row.optionalText(2)),
            url: row.text(4),
            events: Self.events(stored: row.text(5)),
            format: format,
            secret: secret,
            createdAt: Date(milliseconds: row.int(10))
        )
        job = row.optionalInt(3)
        isEnabled = row.int(7) != 0
        disabledBecause = row.optionalText(8)
        self.secrets = secrets
        failures = Int(row.int(11))
        throttledUntil = row.optionalInt(12).map(Date.init(milliseconds:))
    }
}
