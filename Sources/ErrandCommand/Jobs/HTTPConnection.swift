#if Server
import AsyncHTTPClient
import Errand
import FoundationEssentials
import NIOCore
import NIOPosix
import NIOHTTP1
import NIOSSL

/// Requests to one server, and what its refusals mean.
struct HTTPConnection: Sendable {
    let client: HTTPClient
    /// The base URL, without a slash at the end.
    let server: String
    /// An API key; nil for a server that asks for none.
    let key: String?

    /// Sends a request and reads the JSON it is answered with.
    func json(_ method: HTTPMethod, _ target: String, body: JSONText? = nil) async throws -> JSONText {
        var request = request(method, target)
        request.headers.replaceOrAdd(name: "Accept", value: "application/json")
        if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.string))
        }
        return try await text(of: send(request))
    }

    /// Deletes something; the answer has no body.
    func delete(_ target: String) async throws { _ = try await send(request(.DELETE, target)) }

    /// Reads a page of a list, and where the next one is.
    func page(_ target: String) async throws -> (JSONText, next: String?) {
        let response = try await send(request(.GET, target))
        let links = response.headers["Link"].joined(separator: ",").split(separator: ",")
        let next = links.first { $0.contains("rel=\"next\"") }?.split(separator: ">").first
        let path = next.flatMap { $0.split(separator: "<").last }.map(String.init)
        return (try await text(of: response), path)
    }

    /// Sends a file as the body of a request.
    func upload(
        _ file: FileSource,
        to target: String,
        progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> JSONText {
        var request = request(.POST, target)
        request.headers.replaceOrAdd(name: "Content-Type", value: "application/octet-stream")
        let chunks = try file.chunks(progress: progress)
        request.body = .stream(chunks.map { ByteBuffer(bytes: $0) }, length: file.size.map { .known($0) } ?? .unknown)
        return try await text(of: send(request))
    }

    /// Fetches a file; a redirect to where it lies is followed.
    func download(_ target: String, to sink: FileSink) async throws {
        let response = try await send(request(.GET, target))
        do {
            for try await chunk in response.body { try sink.write(Array(buffer: chunk)) }
        } catch let failure as CommandFailure { throw failure } catch { throw unreachable(error) }
    }

    /// Opens a stream of events; nil when the server says that there will be none.
    func events(_ target: String, lastEventId: String?) async throws -> HTTPClientResponse? {
        var request = request(.GET, target)
        request.headers.replaceOrAdd(name: "Accept", value: "text/event-stream")
        if let lastEventId { request.headers.replaceOrAdd(name: "Last-Event-ID", value: lastEventId) }
        let response = try await send(request)
        return response.status == .noContent ? nil : response
    }

    private func request(_ method: HTTPMethod, _ target: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server + target)
        request.method = method
        request.headers.replaceOrAdd(name: "User-Agent", value: "errand/\(Version.current)")
        // A redirect to another host is followed without it.
        if let key { request.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(key)") }
        return request
    }

    private func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do { response = try await execute(request) } catch let failure as CommandFailure { throw failure } catch {
            throw unreachable(error)
        }
        guard response.status.code >= 400 else { return response }
        throw await refusal(response)
    }

    private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do { return try await client.execute(request, deadline: .distantFuture) } catch {
            // A kept connection may be closed by the server at the moment it is used again. Asking again is safe for a
            // GET; what changes something is not sent twice.
            guard request.method == .GET, Self.isClosedConnection(error) else { throw error }
            return try await client.execute(request, deadline: .distantFuture)
        }
    }

    private static func isClosedConnection(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        if let error = error as? ChannelError { return error == .ioOnClosedChannel }
        return false
    }

    private func text(of response: HTTPClientResponse) async throws -> JSONText {
        let bytes: ByteBuffer
        do { bytes = try await response.body.collect(upTo: 64 * 1024 * 1024) } catch { throw unreachable(error) }
        do throws(JSONError) { return try JSONText(validating: Array(buffer: bytes)) } catch {
            throw CommandFailure(.unavailable, "\(server) answered something that is no JSON; is it an errand server?")
        }
    }

    private func unreachable(_ error: any Error) -> any Error {
        if error is CancellationError { return error }
        return CommandFailure(
            .unavailable,
            "Cannot reach \(server): \(Self.reason(error)). Is the server running? Start one with: errand serve"
        )
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError:
            error.shortDescription.prefix(1).lowercased() + error.shortDescription.dropFirst()
        case is NIOConnectionError: "the connection was refused"
        case is NIOSSLError, is NIOSSLExtraError:
            "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
                ? "nobody who is trusted vouches for its certificate (--ca names whom to trust)"
                : error is NIOSSLExtraError ? "its certificate is for another name" : "TLS failed: \(error)"
        case let error as IOError: error.description
        default: "\(error)"
        }
    }

    /// What a refusal says, as RFC 9457 has it.
    private func refusal(_ response: HTTPClientResponse) async -> CommandFailure {
        let status = ExitStatus(httpStatus: Int(response.status.code))
        let problem: Document
        do {
            let body = try await response.body.collect(upTo: 1024 * 1024)
            problem = try Document(JSONText(validating: Array(buffer: body)))
        } catch {
            // Without a problem document, the status alone must do.
            return CommandFailure(status, "\(server) answered \(response.status).")
        }
        // Without readable parts, the problem's own detail must do.
        let details = (try? problem["errors"]?.elements())?.compactMap { try? Document($0).string("detail") } ?? []
        if status == .noPermission, key == nil {
            return CommandFailure(status, "\(server) asks for an API key: put one into ERRAND_KEY.")
        }
        let sentence = details.isEmpty ? problem.string("detail") : details.joined(separator: " ")
        return CommandFailure(status, (sentence ?? problem.string("title") ?? "\(response.status)").printable)
    }
}

extension ExitStatus {
    /// The status that fits a refusal of the server.
    init(httpStatus: Int) {
        switch httpStatus {
        case 401, 403: self = .noPermission
        case 404, 410: self = .noInput
        case 400..<500: self = .refused
        case 503, 507: self = .unavailable
        default: self = .internal
        }
    }
}
#endif
