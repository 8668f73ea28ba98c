#if Postgres
import Foundation

/// A port on loopback in front of the test server that breaks as networks do.
///
/// `@unchecked`: everything that changes is behind the condition, whose lock and wake-up are one.
final class FaultyProxy: @unchecked Sendable {
    /// When a connection is cut that sends a certain text.
    enum Moment: CaseIterable {
        /// The server never hears of it.
        case beforeForwarding
        /// The server has done it, and nobody hears of that.
        case beforeReply
        /// The server has answered, and its word that it is done is for nobody.
        case beforeReady
    }

    /// A connection that is passed on; both its threads close it together.
    private final class Pair: @unchecked Sendable {
        let client: Int32
        let server: Int32
        var directions = 2
        /// Set when the server's answer ends the connection.
        var doom: Moment?

        init(_ client: Int32, _ server: Int32) { (self.client, self.server) = (client, server) }
    }

    /// The server's word that it waits for the next statement and no transaction is open: the last one is over.
    private static let isIdle = Data([UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")])

    private let condition = NSCondition()
    private var pairs: [Pair] = []
    private var isStalled = false
    private var isClosed = false
    private var fault: (text: Data, moment: Moment)?
    private var faultCount = 0
    private let listener: Int32
    private let port: UInt16
    private let server: String

    /// Listens on a port of its own in front of the server with the URL.
    init(to url: String) throws {
        let folder = url.split(separator: "host=").last?.split(separator: "&").first ?? ""
        server = "\(folder)/.s.PGSQL.5432"
        (listener, port) = try Self.listen()
        Thread.detachNewThread { [self] in accept() }
    }

    var url: String { "postgresql://errand@127.0.0.1:\(port)/postgres?sslmode=disable&connect_timeout=2" }

    /// How often a connection was cut at its text.
    var cuts: Int { condition.withLock { faultCount } }

    /// Passes nothing on any more, either way, and tells nobody: as a cable that was pulled.
    func stall() { condition.withLock { isStalled = true } }

    /// Passes on what was held up, and goes on.
    func heal() {
        condition.withLock {
            isStalled = false
            condition.broadcast()
        }
    }

    /// Cuts the next connection that sends the text.
    func cut(at text: String, _ moment: Moment) {
        condition.withLock { fault = (Data(text.utf8), moment) }
    }

    func close() {
        condition.withLock {
            isClosed = true
            isStalled = false
            for pair in pairs { hangUp(pair) }
            condition.broadcast()
        }
        // Wakes the thread that accepts.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard let server = Self.connect(to: server) else {
                Foundation.close(client)
                continue
            }
            let pair = Pair(client, server)
            let isOpen = condition.withLock {
                pairs.append(pair)
                return !isClosed
            }
            if !isOpen { condition.withLock { hangUp(pair) } }
            Thread.detachNewThread { [self] in forward(pair, isRequest: true) }
            Thread.detachNewThread { [self] in forward(pair, isRequest: false) }
        }
        Foundation.close(listener)
    }

    private func forward(_ pair: Pair, isRequest: Bool) {
        let (from, to) = isRequest ? (pair.client, pair.server) : (pair.server, pair.client)
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            let bytes = Data(buffer.prefix(max(0, count)))
            condition.withLock { while isStalled { condition.wait() } }
            guard count > 0 else { break }
            let (passing, goesOn) = isRequest ? request(bytes, of: pair) : answer(bytes, of: pair)
            guard Self.send(passing, to: to), goesOn else { break }
        }
        condition.withLock {
            hangUp(pair)
            pair.directions -= 1
            guard pair.directions == 0 else { return }
            pairs.removeAll { $0 === pair }
            Foundation.close(pair.client)
            Foundation.close(pair.server)
        }
    }

    /// What of a request reaches the server, and whether the connection goes on.
    private func request(_ bytes: Data, of pair: Pair) -> (passing: Data, goesOn: Bool) {
        condition.withLock {
            guard let fault, bytes.firstRange(of: fault.text) != nil else { return (bytes, true) }
            self.fault = nil
            faultCount += 1
            pair.doom = fault.moment
            return fault.moment == .beforeForwarding ? (Data(), false) : (bytes, true)
        }
    }

    /// What of an answer reaches the client, and whether the connection goes on.
    private func answer(_ bytes: Data, of pair: Pair) -> (passing: Data, goesOn: Bool) {
        guard let doom = condition.withLock({ pair.doom }) else { return (bytes, true) }
        let end = bytes.firstRange(of: Self.isIdle)?.lowerBound
        return (doom == .beforeReady ? bytes[..<(end ?? bytes.endIndex)] : Data(), end == nil)
    }

    private func hangUp(_ pair: Pair) {
        shutdown(pair.client, Int32(SHUT_RDWR))
        shutdown(pair.server, Int32(SHUT_RDWR))
    }
}

// The system's calls.
extension FaultyProxy {
    struct NoSocket: Error { let code = errno }

    private static func listen() throws -> (Int32, UInt16) {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(socket, address, size) == 0, Foundation.listen(socket, 64) == 0 else { return Int32(-1) }
                return getsockname(socket, address, &size)
            }
        }
        guard status == 0 else { throw NoSocket() }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    private static func connect(to path: String) -> Int32? {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.connect(socket, $0, size) }
        }
        if status == 0 { return socket }
        Foundation.close(socket)
        return nil
    }

    private static func send(_ bytes: Data, to socket: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Foundation.send(
                    socket,
                    buffer.baseAddress?.advanced(by: sent),
                    buffer.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
#endif
