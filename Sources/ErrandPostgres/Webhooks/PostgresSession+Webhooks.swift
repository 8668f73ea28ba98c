#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Stores an endpoint; those who do that at the same time wait for each other, so that they count right.
    func insert(_ webhook: Webhook) throws(JobStoreError) {
        try sql("SELECT pg_advisory_xact_lock(hashtextextended('errand.webhooks', 0))")
        let others = try sql(
            """
            SELECT count(*) FROM errand.webhooks
            WHERE job IS NULL AND (tenant = $1::text OR ($1::text IS NULL AND tenant IS NULL))
            """,
            .text(webhook.scope.tenantId)
        )
        .first { (row) throws(JobStoreError) in row.int() }
        if try webhooks("id = $1::uuid", .id(webhook.id)).first != nil { throw .takenWebhook(webhook.id) }
        guard others ?? 0 < Webhook.endpointsPerTenant else { throw .tooManyWebhooks }
        try write(webhook)
    }

    func webhook(_ id: JobID, scope: Scope, locking: Bool = false) throws(JobStoreError) -> Webhook {
        let found = try webhooks("id = $1::uuid", .id(id), locking: locking).first
        guard let found, scope.contains(found.scope) else { throw .noWebhook(id) }
        return found
    }

    /// Writes a new webhook, or a changed one in the place of the old.
    func write(_ webhook: Webhook) throws(JobStoreError) {
        try sql(
            """
            INSERT INTO errand.webhooks
            VALUES ($1::uuid, $2::text, $3::text, $4::bigint, $5::text, $6::text, $7::text, $8::boolean, $9::text,
                $10::text, $11::bigint, $12::integer, $13::bigint)
            ON CONFLICT (id) DO UPDATE SET url = excluded.url, events = excluded.events, format = excluded.format,
                enabled = excluded.enabled, disabled_because = excluded.disabled_because, secrets = excluded.secrets,
                failures = excluded.failures, throttled_until = excluded.throttled_until
            """,
            .id(webhook.id),
            .text(webhook.scope.tenantId),
            .text(webhook.scope.storedProjects),
            .int(webhook.job),
            .text(webhook.url),
            .text(webhook.storedEvents),
            .text(webhook.format.rawValue),
            .bool(webhook.isEnabled),
            .text(webhook.disabledBecause),
            .text(webhook.storedSecrets),
            .int(webhook.createdAt.milliseconds),
            .int(Int64(webhook.failures)),
            .int(webhook.throttledUntil?.milliseconds)
        )
    }

    /// The webhooks that meet a condition, newest first.
    func webhooks(
        _ condition: String,
        _ values: PostgresValue...,
        locking: Bool = false
    ) throws(JobStoreError) -> [Webhook] {
        let text = """
            SELECT \(Webhook.columns) FROM errand.webhooks WHERE \(condition)
            ORDER BY created_at DESC, id DESC\(locking ? " FOR UPDATE" : "")
            """
        return try run(PostgresStatement(text, values)).map { (row) throws(JobStoreError) in try Webhook(&row) }
    }
}

extension Webhook {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        id, tenant, projects, job, url, events, format, enabled, disabled_because, secrets, created_at, failures,
        throttled_until
        """

    init(_ row: inout PostgresRow) throws(JobStoreError) {
        let id = try row.id()
        let scope = try Scope.stored(tenantId: row.optionalName(), projects: row.optionalText())
        let (job, url, events) = (row.optionalInt(), row.text(), row.text())
        let (format, isEnabled, reason) = (row.text(), row.bool(), row.optionalText())
        let secrets = try Self.secrets(stored: row.text())
        guard let format = Format(rawValue: format), let secret = secrets.first else {
            throw JobStoreError(.corrupt, "Webhook \(id) has the format \(format) or no secret.")
        }
        self.init(
            id: id,
            scope: scope,
            url: url,
            events: Self.events(stored: events),
            format: format,
            secret: secret,
            createdAt: row.date()
        )
        (self.job, self.isEnabled, disabledBecause) = (job, isEnabled, reason)
        self.secrets = secrets
        failures = Int(row.int())
        throttledUntil = row.optionalDate()
    }
}
#endif
