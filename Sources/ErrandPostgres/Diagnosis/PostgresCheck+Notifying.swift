#if Postgres
// poll, to wait for what the server sends.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif
import Errand

extension PostgresCheck {
    /// How long a notification may take, in milliseconds.
    private static let bound: Int64 = 2000

    static let notifications = PostgresCheck("notifications") { (connection, url) throws(JobStoreError) in
        let listener = try PostgresConnection(url: url.options.listenURL ?? url.connection, schema: url.options.schema)
        let channel = "errand_doctor_\(UInt32.random(in: 0 ... .max))"
        try listener.runAll("LISTEN \(channel)")
        let start = ContinuousClock.now
        try connection.runAll("NOTIFY \(channel), 'here'")
        while start.duration(to: .now) < .milliseconds(bound) {
            guard try listener.notifications().isEmpty else {
                return [.ok("A notification took \(start.duration(to: .now).wholeMilliseconds) ms.")]
            }
            var descriptor = pollfd(fd: listener.socket, events: Int16(POLLIN), revents: 0)
            let rest = bound - start.duration(to: .now).wholeMilliseconds
            // A signal ends the wait early; the loop looks again.
            _ = poll(&descriptor, 1, Int32(max(1, rest)))
        }
        return [
            .warning(
                "No notification arrived within \(bound / 1000) s: changes are seen by polling only, up to 5 s late.",
                advice: "Behind a pooler, name the server itself with listenURL in the store's URL."
            )
        ]
    }
}
#endif
