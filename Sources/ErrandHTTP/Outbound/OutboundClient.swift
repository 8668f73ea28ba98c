#if Server
import AsyncHTTPClient
import Errand
import NIOCore
import NIOHTTP1

/// What a receiver answered: nothing of the body, which nobody reads.
struct OutboundAnswer: Sendable, Equatable {
    let status: Int
    /// `Retry-After` as it came.
    var retryAfter: String?
}

/// Sends one request to an address that was looked at.
///
/// A client of its own for each: it is bound to that address, follows no redirect and keeps no connection.
struct OutboundClient: Sendable {
    /// How long an answer may take, from the beginning.
    var timeout: Duration = .seconds(20)

    /// Why there was no answer, in a sentence for whoever gave the address.
    static func reason(for error: any Error) -> String {
        switch error as? HTTPClientError {
        case .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout: "The receiver did not answer in time."
        case .tlsHandshakeTimeout: "The receiver did not speak TLS in time."
        default: "The receiver could not be reached, or broke off."
        }
    }

    /// Posts a body.
    ///
    /// - Parameters:
    ///   - body: The exact bytes.
    ///   - headers: The header fields.
    ///   - target: Where to.
    /// - Returns: The answer, whatever it says.
    /// - Throws: What kept the request from being answered.
    func post(
        _ body: String,
        headers: [(name: String, value: String)],
        to target: OutboundTarget
    ) async throws -> OutboundAnswer {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.dnsOverride = [target.host: target.address]
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = TimeAmount(timeout)
        let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        do {
            var request = HTTPClientRequest(url: target.url)
            request.method = .POST
            for field in headers { request.headers.add(name: field.name, value: field.value) }
            request.body = .bytes(ByteBuffer(string: body))
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let answer = OutboundAnswer(
                status: Int(response.status.code),
                retryAfter: response.headers.first(name: "Retry-After")
            )
            try await client.shutdown()
            return answer
        } catch {
            try await client.shutdown()
            throw error
        }
    }
}
#endif
