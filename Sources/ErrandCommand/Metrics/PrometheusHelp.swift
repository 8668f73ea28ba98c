#if Server
/// What each metric means.
enum PrometheusHelp {
    private static let texts = [
        "errand_attempts_total": "Runs that ended, by how.",
        "errand_build_info": "The version that runs; always 1.",
        "errand_claim_duration_seconds": "How long the store took to answer a claim.",
        "errand_depth": "Jobs in a queue, by state.",
        "errand_fenced_writes_total": "Writes of runs that were not their worker's any more, refused.",
        "errand_heartbeat_lag_seconds": "How late the last heartbeat of the worker was.",
        "errand_http_request_duration_seconds": "How long requests took, streams apart.",
        "errand_ignored_stops_total": "Handlers that were told to stop and went on beyond the time for that.",
        "errand_lease_lost_total": "Leases that were lost.",
        "errand_metric_series_dropped": "Series that are not counted, as their metric has too many.",
        "errand_oldest_age_seconds": "For how long the oldest job that could run waits.",
        "errand_queue_paused": "Whether a queue is paused.",
        "errand_rescued_total": "Jobs taken back from workers that died.",
        "errand_run_duration_seconds": "How long handlers ran.",
        "errand_settled_total": "Jobs that ended, by outcome.",
        "errand_slots": "Slots of live workers.",
        "errand_sse_clients": "Open event streams.",
        "errand_store_conflicts_total": "Transactions of PostgreSQL rolled back because of others, by kind; run again.",
        "errand_store_connections": "Open connections to PostgreSQL that do the store's work.",
        "errand_store_connections_refused_total": "Connections that PostgreSQL refused while requests waited for one.",
        "errand_store_errors_total": "What the store could not do for a worker.",
        "errand_store_dead_tuples": "Rows of PostgreSQL that nobody sees any more and no vacuum has cleared away.",
        "errand_store_used_bytes": "What the database takes on the disk, without the files of jobs.",
        "errand_store_wal_bytes": "What SQLite's write-ahead log takes beside the database.",
        "errand_submitted_total": "Jobs submitted over HTTP.",
        "errand_wait_duration_seconds": "From the time that a job was due to its claim.",
        "errand_webhook_deliveries_total": "Attempts to deliver webhooks, by what came of them.",
        "errand_workers": "Workers that announced themselves.",
    ]

    /// The lines before a metric's series.
    static func head(of name: String, _ kind: String) -> String {
        "# HELP \(name) \(texts[name] ?? "A metric of this installation.")\n# TYPE \(name) \(kind)\n"
    }
}
#endif
