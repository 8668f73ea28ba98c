#if Server
import Hummingbird
import HummingbirdCore
import NIOCore

/// A request's body in chunks of bytes, which fails when the client goes away in the middle of it.
struct UploadBody: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let body: RequestBody
    /// How many bytes were announced.
    let expected: Int64?

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: RequestBody.AsyncIterator
        fileprivate let expected: Int64?
        fileprivate var received: Int64 = 0

        @concurrent mutating func next() async throws -> [UInt8]? {
            let chunk: ByteBuffer?
            do { chunk = try await base.next() } catch {
                throw error is CancellationError || error is SlowRequest ? error : interrupted()
            }
            guard let chunk else {
                // A connection that closes early can look like the end of the body.
                if let expected, received != expected { throw interrupted() }
                return nil
            }
            received += Int64(chunk.readableBytes)
            return Array(chunk.readableBytesView)
        }

        private func interrupted() -> Problem {
            Problem(
                .invalidParameter,
                "The body ended after \(received) bytes\(expected.map { " of \($0)" } ?? ""); nothing was kept."
            )
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: body.makeAsyncIterator(), expected: expected)
    }
}
#endif
