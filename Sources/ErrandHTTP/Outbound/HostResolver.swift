#if Server
import NIOPosix

// getaddrinfo: what the machine's own configuration says of a name.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Asks the system for the addresses of a name.
enum HostResolver {
    /// Asking blocks; names that nobody answers for keep these threads busy and no others.
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    /// All addresses of a name, in the order in which the system would try them; none when there is no such name.
    static func addresses(of host: String) async throws -> [String] {
        try await threads.runIfActive { find(host) }
    }

    private static func find(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0, let first else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first, next: { $0.pointee.ai_next }).compactMap { address(of: $0.pointee) }
    }

    private static func address(of info: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let size = socklen_t(text.count)
        guard getnameinfo(info.ai_addr, info.ai_addrlen, &text, size, nil, 0, NI_NUMERICHOST) == 0 else { return nil }
        // An interface may follow the address; which it is changes nothing.
        let address = text.prefix { $0 != 0 && $0 != CChar(UInt8(ascii: "%")) }
        return String(decoding: address.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
#endif
