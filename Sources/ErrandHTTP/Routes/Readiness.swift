#if Server
import Errand
import Hummingbird
import Logging
import ServiceLifecycle

/// Finds out whether the server should get requests, check by check.
struct Readiness {
    private let services: APIServices
    /// A line for each check.
    private(set) var lines = ["[+]listener ok"]
    /// Whether nothing failed that it needs.
    private(set) var isReady = true

    init(services: APIServices) { self.services = services }

    /// Asks everything that makes the server unready and, for those who want to read it, what does not.
    mutating func check(isVerbose: Bool) async {
        let services = services
        await note("draining") { if Task.isShuttingDownGracefully { throw Draining() } }
        await note("store") {
            _ = try await services.stores.jobs.jobs(JobFilter(), page: PageRequest(limit: 1), scope: .system)
        }
        await note("server") { try await services.options.readiness() }
        if isVerbose || services.options.requiresWrites { await checkWrites() }
        for condition in services.options.conditions() {
            note(condition.name, condition.state, isGood: condition.isGood)
        }
    }

    private mutating func note(_ name: String, _ check: () async throws -> Void) async {
        do {
            try await check()
            lines.append("[+]\(name) ok")
        } catch {
            fail(name, error)
        }
    }

    private mutating func note(_ name: String, _ state: String, isGood: Bool) {
        lines.append("\(isGood ? "[+]" : "[!]")\(name) \(state)")
    }

    private mutating func fail(_ name: String, _ error: any Error) {
        isReady = false
        lines.append("[-]\(name) failed")
        log("not ready", name, error)
    }

    private func log(_ message: Logger.Message, _ check: String, _ error: any Error) {
        services.logOutage(
            message,
            .warning,
            to: services.logger,
            metadata: ["check": "\(check)", "error": "\(error)"]
        )
    }

    /// Reads go on with a full disk and a database that takes no writes, and so may the server, where nobody minds.
    private mutating func checkWrites() async {
        for (name, failure) in await services.writeHealth.check(at: services.options.clock.now().steady) {
            guard let failure else {
                note(name, "ok", isGood: true)
                continue
            }
            guard !services.options.requiresWrites else {
                fail(name, failure)
                continue
            }
            note(name, "degraded", isGood: false)
            log("cannot write", name, failure)
        }
    }

    private struct Draining: Error {}
}
#endif
