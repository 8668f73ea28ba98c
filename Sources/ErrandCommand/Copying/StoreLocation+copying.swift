#if Server
import Errand
import ErrandPostgres
import ErrandSQLite
import FoundationEssentials

extension StoreLocation {
    /// What a copy calls the store, wherever the command was started: the same copy has the same name.
    var copyName: String {
        switch self {
        case .sqlite(let path): "sqlite:\(URL(filePath: path).absoluteURL.standardizedFileURL.path)"
        #if Postgres
        case .postgres(let url): url.description
        #endif
        }
    }

    /// Opens the store to be read whole; nothing in it is changed.
    func archive() throws(JobStoreError) -> any JobArchive {
        switch self {
        case .sqlite(let path): return try SQLiteArchive(path: path)
        #if Postgres
        case .postgres(let url): return try PostgresArchive(url)
        #endif
        }
    }

    /// Opens the store, or makes it, to be filled by a copy.
    func archiveTarget() async throws(JobStoreError) -> any JobArchiveTarget {
        switch self {
        case .sqlite(let path): return try await SQLiteArchiveTarget(path: path)
        #if Postgres
        case .postgres(let url): return try PostgresArchiveTarget(url)
        #endif
        }
    }
}
#endif
