#if Postgres
public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: WriteProbing {
    public func probeWrite() async throws {
        try context.disk.check()
        try await write { session throws(JobStoreError) in
            // Refused by a server that takes no writes, and to whoever may only read; writes nothing.
            try session.sql("UPDATE errand.queues SET name = name WHERE false")
            return
        }
    }
}
#endif
