#if Server
import FoundationEssentials

// access, open and read: FoundationEssentials has no way to read a file in pieces.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file to send: by its path, or standard input as `-`.
struct FileSource: Sendable {
    let path: String
    /// What people see it as.
    let filename: String
    /// Its length; nil for what has none before it was read, as a pipe.
    let size: Int64?

    init(path: String) throws {
        self.path = path
        guard path != "-" else {
            filename = "standard-input.csv"
            size = nil
            return
        }
        filename = path.split(separator: "/").last.map(String.init) ?? path
        guard access(path, F_OK) == 0 else {
            throw CommandFailure(.noInput, "Cannot read \(path): \(String(cString: strerror(errno))).")
        }
        // What cannot be looked at, as the pipe behind /dev/stdin, has no length.
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        )
        let type = attributes?[.type] as? FileAttributeType
        guard type != .typeDirectory else { throw CommandFailure(.noInput, "\(path) is a folder, not a file.") }
        size = type == .typeRegular ? (attributes?[.size] as? any BinaryInteger).flatMap { Int64(exactly: $0) } : nil
    }

    /// The content; how much of it was given away is told after each chunk.
    func chunks(progress: @escaping @Sendable (Int64) -> Void) throws -> FileChunks {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.noInput, "Cannot read \(path): \(String(cString: strerror(errno))).")
        }
        return FileChunks(file: OpenFile(descriptor: descriptor, path: path), progress: progress)
    }
}

/// The content of a file in chunks; for one reader.
struct FileChunks: AsyncSequence, Sendable {
    typealias Failure = any Error

    fileprivate let file: OpenFile
    fileprivate let progress: @Sendable (Int64) -> Void

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }

    /// The next chunk; nil at the end.
    func read() throws -> [UInt8]? {
        let chunk = try file.read(upTo: 256 * 1024)
        return chunk.isEmpty ? nil : chunk
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let chunks: FileChunks
        private var sent: Int64 = 0

        fileprivate init(chunks: FileChunks) { self.chunks = chunks }

        mutating func next() async throws -> [UInt8]? {
            chunks.progress(sent)
            let chunk = try chunks.read()
            sent += Int64(chunk?.count ?? 0)
            return chunk
        }
    }
}

/// Closes its descriptor when the last reader goes away.
private final class OpenFile: Sendable {
    let descriptor: Int32
    let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    func read(upTo limit: Int) throws -> [UInt8] {
        var code: Int32 = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var got = system(buffer)
            while got < 0, errno == EINTR { got = system(buffer) }
            code = got < 0 ? errno : 0
            count = Swift.max(0, got)
        }
        guard code == 0 else {
            throw CommandFailure(.noInput, "Cannot read \(path): \(String(cString: strerror(code))).")
        }
        return chunk
    }

    private func system(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        #if canImport(Darwin)
        Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #else
        Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}
#endif
