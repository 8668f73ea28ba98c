#if Server
import Errand
import ErrandPostgres

/// Where the store is: a file of this machine, or a schema that processes and machines share.
enum StoreLocation: Sendable, CustomStringConvertible {
    case sqlite(path: String)
    #if Postgres
    case postgres(PostgresURL)
    #endif

    /// Reads `sqlite:PATH` or `postgres://...`; an error shows nothing of what may hold a password.
    init(_ text: String) throws(JobStoreError) {
        if text.hasPrefix("sqlite:"), text.utf8.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
            return
        }
        #if Postgres
        guard !PostgresURL.isOne(text) else {
            self = .postgres(try PostgresURL(text))
            return
        }
        #endif
        let shown = text.contains("@") ? "no URL of a store" : "\"\(text.prefix(100))\""
        throw JobStoreError(
            .invalid,
            "It is \(shown); expected sqlite:PATH or postgres://USER@HOST/DATABASE?schema=errand."
        )
    }

    /// What a log may show.
    var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        #if Postgres
        case .postgres(let url): url.description
        #endif
        }
    }

    /// The folder for uploads and results when no other is named: beside the file, or of the schema's name.
    var filesFolder: String {
        switch self {
        case .sqlite(let path): path + ".files"
        #if Postgres
        case .postgres(let url): url.options.schema + ".files"
        #endif
        }
    }

    /// Whether several processes may have it open at once.
    var isShared: Bool {
        if case .sqlite = self { false } else { true }
    }

    /// Whether what was typed says a password, which everybody on this machine can then read.
    var hasPassword: Bool {
        switch self {
        case .sqlite: false
        #if Postgres
        case .postgres(let url): url.hasPassword
        #endif
        }
    }
}
#endif
