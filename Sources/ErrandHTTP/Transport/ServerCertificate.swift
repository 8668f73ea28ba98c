#if Server
public import FoundationEssentials
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate and the private key with which a server speaks TLS; a renewed one is taken without a restart.
///
/// The files are looked at every ten seconds while the server runs. What then does not belong together, or cannot be
/// read, is passed over until the next look: a renewal writes two files.
public final class ServerCertificate: Sendable {
    private struct Pair {
        var chain: [NIOSSLCertificate]
        var key: NIOSSLPrivateKey
    }

    private struct State {
        var pair: Pair
        var stamps: [FileStamp?]
    }

    /// How long a renewed certificate may go unnoticed.
    static let interval: Duration = .seconds(10)

    private let paths: (certificate: String, key: String)
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads both files.
    ///
    /// - Parameters:
    ///   - certificate: The path of the chain in PEM, the server's own certificate first.
    ///   - key: The path of its private key in PEM, without a passphrase.
    ///   - logger: Hears of a certificate that was renewed, or could not be.
    /// - Throws: ``CertificateError`` for files that cannot be used.
    public init(
        certificate: String,
        key: String,
        logger: Logger
    ) throws(CertificateError) {
        paths = (certificate, key)
        self.logger = logger
        let stamps = [FileStamp(path: certificate), FileStamp(path: key)]
        state = Mutex(State(pair: try Self.read(paths), stamps: stamps))
    }

    /// When the certificate ends.
    public var expiresAt: Date {
        // An empty chain was refused when it was read.
        Date(timeIntervalSince1970: Double(state.withLock { $0.pair.chain[0].notValidAfter }))
    }

    /// Puts TLS of version 1.2 or newer in front of a protocol.
    func builder(around base: HTTPServerBuilder) -> HTTPServerBuilder {
        var configuration = Self.configuration(state.withLock { $0.pair })
        configuration.sslContextCallback = { [self] _, promise in promise.succeed(current()) }
        do { return try .tls(base, tlsConfiguration: configuration) } catch {
            // It throws when a channel is made, never here; the pair was tried when it was read.
            preconditionFailure("TLS cannot be set up: \(error)")
        }
    }

    /// The pair for a handshake.
    private func current() -> NIOSSLContextConfigurationOverride {
        let pair = state.withLock { $0.pair }
        var current = NIOSSLContextConfigurationOverride()
        current.certificateChain = pair.chain.map { .certificate($0) }
        current.privateKey = .privateKey(pair.key)
        return current
    }

    /// Looks at the files now and then until the task is cancelled.
    ///
    /// Never during a handshake: BoringSSL keeps what a failed look said for the thread, and would take it for the
    /// handshake's failure.
    func watch(_ sleep: @Sendable (Duration) async throws -> Void) async {
        while true {
            // Cancellation is the one way in which it ends.
            do { try await sleep(Self.interval) } catch { return }
            lookAgain()
        }
    }

    private func lookAgain() {
        let stamps = [FileStamp(path: paths.certificate), FileStamp(path: paths.key)]
        guard stamps != state.withLock({ $0.stamps }) else { return }
        do throws(CertificateError) {
            let pair = try Self.read(paths)
            state.withLock { ($0.pair, $0.stamps) = (pair, stamps) }
            logger.notice("the certificate was read again", metadata: ["file": "\(paths.certificate)"])
        } catch {
            logger.error("the certificate stays as it was: \(error)")
        }
    }

    private static func configuration(_ pair: Pair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain.map { .certificate($0) },
            privateKey: .privateKey(pair.key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func read(_ paths: (certificate: String, key: String)) throws(CertificateError) -> Pair {
        let (chain, key): ([NIOSSLCertificate], NIOSSLPrivateKey)
        do { chain = try NIOSSLCertificate.fromPEMFile(paths.certificate) } catch {
            throw CertificateError(path: paths.certificate, problem: "is no certificate in PEM that can be read")
        }
        guard !chain.isEmpty else {
            throw CertificateError(path: paths.certificate, problem: "has no certificate in PEM")
        }
        do { key = try NIOSSLPrivateKey(file: paths.key, format: .pem) } catch {
            throw CertificateError(
                path: paths.key,
                problem: "is no private key in PEM, without a passphrase, that can be read"
            )
        }
        let pair = Pair(chain: chain, key: key)
        do { _ = try NIOSSLContext(configuration: configuration(pair)) } catch {
            throw CertificateError(path: paths.key, problem: "is not the key of the certificate \(paths.certificate)")
        }
        return pair
    }
}

/// Why a certificate cannot be used.
public struct CertificateError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let problem: String

    /// Both in a sentence.
    public var description: String { "\(path) \(problem)" }
}
#endif
