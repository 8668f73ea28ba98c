#if Server
// getrlimit and setrlimit.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How many files and connections this process may have open.
enum OpenFiles {
    /// Allows as many as the system lets the process ask for.
    ///
    /// By default it is 1,024 on many systems, and each client of a stream needs one. Programs of jobs inherit it.
    static func allowAll() {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // Where it is refused the server goes on with what it has.
        _ = setrlimit(resource, &limit)
    }
}
#endif
