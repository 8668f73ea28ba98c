#if Postgres
import Errand

/// A job that this transaction ended, of which somebody may want to hear.
struct EndedJob {
    let number: Int64
    let tenant: Name?
}

// What is to be told of the ends of jobs is stored by the transaction that ends them. Where no webhook of the tenant is
// enabled and the job has none of its own, a completion is one statement as before, which looks for webhooks itself.
extension PostgresSession {
    /// What a completion by one statement asks of a row `s` of `live`.
    static let endsUnheard = """
        NOT s.has_dependents AND NOT EXISTS (
            SELECT FROM errand.webhooks w WHERE w.job IS NULL AND w.tenant IS NULL AND w.enabled)
        AND coalesce(s.tenant, '') <> ALL (ARRAY(
            SELECT w.tenant FROM errand.webhooks w WHERE w.job IS NULL AND w.tenant IS NOT NULL AND w.enabled))
        """

    /// Notes that a job has ended.
    func noteEnd(_ number: Int64, type: Name, tenant: Name?) {
        guard type != WebhookDelivery.type else { return }
        ended.append(EndedJob(number: number, tenant: tenant))
    }

    /// Stores what is to be told of the jobs that ended.
    func deliverEnds() throws(JobStoreError) {
        guard !ended.isEmpty else { return }
        try flush()
        let numbers = ended.map(\.number)
        let tenants = Set(ended.compactMap(\.tenant))
        ended = []
        let webhooks = try webhooks(
            """
            job = ANY ($1::bigint[]) OR (job IS NULL AND enabled AND (tenant IS NULL OR tenant = ANY ($2::text[])))
            """,
            .ints(numbers),
            .texts(tenants.sorted())
        )
        guard !webhooks.isEmpty else { return }
        let jobs = try sql(
            "\(JobRow.wholeAnywhere) WHERE j.number = ANY ($1::bigint[]) ORDER BY j.number",
            .ints(numbers)
        )
        .map { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true).job }
        let deliveries = jobs.flatMap { job in webhooks.compactMap { $0.delivery(of: job) } }
        for (scope, deliveries) in Dictionary(grouping: deliveries, by: \.scope) {
            _ = try insert(deliveries.map(\.job), scope: scope)
        }
    }

    /// Keeps what submits said of addresses of their own.
    func writeWebhooks(of plan: InsertPlan) throws(JobStoreError) {
        for (user, new) in plan.webhooks {
            let (number, tenant) =
                switch user {
                case .new(let place): (plan.jobs[place].job.number, plan.jobs[place].job.tenantId)
                case .stored(let number): (number, held[number]?.job.tenantId)
                }
            let id = context.options.identifiers.next(at: time.wall)
            try write(Webhook(new, id: id, job: number, tenantId: tenant, at: time.wall))
        }
    }
}
#endif
