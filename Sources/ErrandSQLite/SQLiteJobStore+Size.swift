public import Errand

// stat, which FoundationEssentials does not have.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: SizedStore {
    public func size() async throws(JobStoreError) -> StoreSize {
        let bytes = try await read { reader throws(JobStoreError) in
            try reader.sql("PRAGMA page_count").onlyInt() * reader.sql("PRAGMA page_size").onlyInt()
        }
        var log = stat()
        // SQLite makes it with the first write after it has deleted it.
        let hasLog = stat("\(database.path)-wal", &log) == 0
        return StoreSize(usedBytes: bytes, walBytes: hasLog ? Int64(log.st_size) : 0)
    }
}
