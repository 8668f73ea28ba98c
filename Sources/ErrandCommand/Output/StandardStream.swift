#if Server
import Synchronization

// write, isatty and ioctl: a line must reach a terminal or a pipe whole.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Standard output or standard error, written whole and at once.
struct StandardStream: Sendable {
    static let output = StandardStream(descriptor: STDOUT_FILENO)
    static let error = StandardStream(descriptor: STDERR_FILENO)

    private static let lock = Mutex(())

    let descriptor: Int32

    /// Writes a line.
    func print(_ line: String) { write(line + "\n") }

    /// Writes text as it is.
    func write(_ text: String) {
        var text = text
        text.withUTF8 { write($0.span) }
    }

    /// Writes bytes as they are.
    ///
    /// There is nowhere left to say it when standard output or error cannot be written.
    func write(_ bytes: Span<UInt8>) { try? write(bytes, to: "") }

    /// Writes bytes as they are; ends the program, as `head` expects it, when nobody reads any more.
    ///
    /// - Parameters:
    ///   - bytes: All are written.
    ///   - name: What it is, for the error.
    /// - Throws: ``CommandFailure`` when it is full or gone.
    func write(_ bytes: Span<UInt8>, to name: String) throws {
        let code = Self.lock.withLock { _ in bytes.withUnsafeBytes { errorCode(writing: $0) } }
        guard code != 0 else { return }
        if code == EPIPE, descriptor == STDOUT_FILENO { exit(128 + SIGPIPE) }
        throw CommandFailure(.cannotCreate, "Cannot write \(name): \(String(cString: strerror(code))).")
    }

    private func errorCode(writing bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = system(descriptor, rest)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR && errno != EAGAIN {
                return errno
            }
        }
        return 0
    }

    private func system(_ descriptor: Int32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        #if canImport(Darwin)
        return Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        return Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// How many columns the terminal has; nil when it is none or does not say.
    var columns: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
#endif
