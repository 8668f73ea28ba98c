import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// The audit; for stores that conform to ``Errand/AuditStore``, and not part of ``all``.
    public static let audit: [JobStoreCheck] = [
        JobStoreCheck("what was done is listed newest first, page by page, to those of the tenant") { test in
            let audit = try #require(test.store as? any AuditStore)
            for (tenant, actor) in [("a", 1), ("a", 2), ("b", 3), (nil, 4), ("a", 1)] as [(Name?, Int)] {
                try await audit.append(test.entry(tenant, "key:\(actor)"))
                try await test.advance(.seconds(1))
            }
            let all = try await audit.audit(AuditFilter(), page: PageRequest(), scope: .system)
            #expect(all.map(\.actor) == ["key:1", "key:4", "key:3", "key:2", "key:1"])
            #expect(zip(all, all.dropFirst()).allSatisfy { $0.number > $1.number })
            let own = try await audit.audit(AuditFilter(), page: PageRequest(limit: 2), scope: .tenant("a"))
            #expect(own == [all[0], all[3]])
            let next = PageRequest(limit: 2, before: own.last?.number)
            #expect(try await audit.audit(AuditFilter(), page: next, scope: .tenant("a")) == [all[4]])
            let limited = Scope.tenant("a", projects: ["p"])
            #expect(try await audit.audit(AuditFilter(), page: PageRequest(), scope: limited).isEmpty)
        },
        JobStoreCheck("the audit is filtered by who, what and when") { test in
            let audit = try #require(test.store as? any AuditStore)
            var entries: [AuditEntry] = []
            for (actor, operation) in [("key:1", "cancelJob"), ("key:2", "cancelJob"), ("key:1", "retryJob")] {
                var entry = try await test.entry("a", actor)
                (entry.operation, entry.actorName) = (operation, "naïve \"name\"")
                try await audit.append(entry)
                entries.append(entry)
                try await test.advance(.seconds(1))
            }
            func found(_ change: (inout AuditFilter) -> Void) async throws -> [AuditEntry] {
                var filter = AuditFilter()
                change(&filter)
                return try await audit.audit(filter, page: PageRequest(), scope: .tenant("a")).map { entry in
                    var entry = entry
                    entry.number = 0
                    return entry
                }
            }
            #expect(try await found { _ in } == entries.reversed())
            #expect(try await found { $0.actor = "key:1" } == [entries[2], entries[0]])
            #expect(try await found { $0.operation = "cancelJob" } == [entries[1], entries[0]])
            #expect(try await found { $0.after = Moment(clamping: entries[1].at) } == [entries[2], entries[1]])
            #expect(try await found { $0.before = Moment(clamping: entries[1].at) } == [entries[0]])
        },
    ]
}

extension JobStoreUnderTest {
    fileprivate func entry(_ tenant: Name?, _ actor: String) async throws -> AuditEntry {
        // Stores keep milliseconds.
        let now = Date(timeIntervalSince1970: try await now().timeIntervalSince1970.rounded(.down))
        return AuditEntry(
            at: now,
            tenantId: tenant,
            actor: actor,
            operation: "cancelJob",
            target: "/api/jobs/1/cancel",
            requestId: "r"
        )
    }
}
