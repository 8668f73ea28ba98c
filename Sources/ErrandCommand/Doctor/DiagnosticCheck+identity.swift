#if Server
import Errand
import ErrandHTTP
import FoundationEssentials
import Logging

extension Settings {
    /// Whether what others are let in by can be used: the certificate and the keys of tokens, where there are any.
    var identityChecks: [DiagnosticCheck] {
        [certificate.map(DiagnosticCheck.certificate), tokens.map(DiagnosticCheck.tokens)].compactMap(\.self)
    }
}

extension DiagnosticCheck {
    /// Whose end is this near should be renewed by now, in seconds: authorities renew a month ahead.
    private static let nearEnd = 14.0 * 86400

    fileprivate static func certificate(_ files: CertificateFiles) -> DiagnosticCheck {
        DiagnosticCheck("certificate") {
            do throws(CertificateError) {
                let certificate = try ServerCertificate(certificate: files.chain, key: files.key, logger: .silent)
                return [finding(of: certificate, files, now: Date())]
            } catch {
                return [.problem("\(error).", advice: "Correct tls.certificate and tls.key.")]
            }
        }
    }

    private static func finding(of certificate: ServerCertificate, _ files: CertificateFiles, now: Date) -> Finding {
        let end = certificate.expiresAt
        let message = "The certificate \(files.chain) ends \(RFC3339.format(end))."
        guard end > now else { return .problem(message, advice: "Clients refuse it: renew it.") }
        guard end.timeIntervalSince(now) > nearEnd else {
            return .warning(message, advice: "Renew it; the server takes the new one by itself.")
        }
        return .ok(message)
    }

    fileprivate static func tokens(_ options: TokenOptions) -> DiagnosticCheck {
        DiagnosticCheck("tokens") {
            do throws(TokenKeyError) {
                let verifier = try await TokenVerifier(options, logger: .silent)
                let warnings = verifier.keyWarnings.map {
                    Finding.warning("\($0).", advice: "A key needs kid and alg, and is public and for signatures.")
                }
                let found = Finding.ok("The keys of tokens of \(options.issuer) can be read.")
                return warnings.isEmpty ? [found] : warnings
            } catch {
                return [.problem("\(error).", advice: "Correct auth.jwt.")]
            }
        }
    }
}

extension Logger {
    /// Says nothing: what there is to say is in the findings.
    fileprivate static var silent: Logger { Logger(label: "errand.doctor") { _ in SwiftLogNoOpLogHandler() } }
}
#endif
