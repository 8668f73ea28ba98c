#if Server
import Errand
import HTTPTypes
import Hummingbird

/// A client's name for one request, by which its repetition is known (draft-ietf-httpapi-idempotency-key-header).
///
/// The identifiers of the jobs it makes are derived from it, so the store finds a repetition by the very record, in the
/// transaction that would have stored it again; see decision 0028.
struct IdempotencyKey: Sendable {
    private let text: String

    /// Reads the header: a string of structured fields (RFC 8941), or a bare word; nil where there is none.
    init?(_ request: Request) throws(Problem) {
        let fields = request.headers[values: .idempotencyKey]
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw Self.invalid("It is given \(fields.count) times.") }
        guard let text = Self.value(of: field.trimmingWhitespace()) else {
            throw Self.invalid("It is \(field.quotable); it must be text in quotes, or one word.")
        }
        guard (1...255).contains(text.utf8.count) else {
            throw Self.invalid("It has \(text.utf8.count) bytes; it must have 1 to 255.")
        }
        self.text = text
    }

    /// Looks at the header of a request that may be repeated as it is, so that a wrong one is not found out by chance.
    static func check(_ request: Request) throws { _ = try IdempotencyKey(request) }

    private static func invalid(_ detail: String) -> Problem { .parameter("Idempotency-Key", "invalid", detail) }

    private static func value(of field: String) -> String? {
        guard field.hasPrefix("\"") else {
            return field.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") } ? field : nil
        }
        var text = ""
        var isEscaped = false
        var rest = field.unicodeScalars.dropFirst()
        while let scalar = rest.popFirst() {
            guard (0x20...0x7E).contains(scalar.value) else { return nil }
            if isEscaped {
                guard scalar == "\"" || scalar == "\\" else { return nil }
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
                continue
            } else if scalar == "\"" {
                return rest.isEmpty ? text : nil
            }
            text.unicodeScalars.append(scalar)
        }
        return nil
    }

    /// The identifier of a job that a request with this key makes.
    ///
    /// - Parameters:
    ///   - principal: Who asks; another's same key makes other jobs.
    ///   - operation: Which operation.
    ///   - index: The place of the job among those of the request.
    /// - Returns: A UUID of version 8, which nobody can guess who does not know the principal and the key.
    func jobID(for principal: Principal, _ operation: String, at index: Int = 0) -> JobID {
        JobID(
            digestOf: [
                "errand idempotency 1", principal.scope.tenantId?.text ?? "", principal.jobCreator ?? "", operation,
                text,
                String(index),
            ]
        )
    }

    /// The identifier of a request with several jobs as a whole.
    func requestID(for principal: Principal, _ operation: String) -> JobID {
        JobID(
            digestOf: [
                "errand idempotency 2", principal.scope.tenantId?.text ?? "", principal.jobCreator ?? "", operation,
                text,
            ]
        )
    }

    /// What a store refused, where it speaks of an id that this key stands for and that the client has never seen.
    func refusal(_ error: any Error) -> any Error {
        guard let error = error as? JobStoreError else { return error }
        let key = "The Idempotency-Key \"\(text.quotable)\""
        switch error.code {
        case .idempotencyMismatch: return problem(.idempotencyMismatch, "\(key) came with another request before.")
        case .gone: return problem(.gone, "\(key) came before, and its job has expired or was deleted.")
        default: return error
        }
    }

    private func problem(_ type: ProblemType, _ detail: String) -> Problem {
        let detail = "\(detail) Send a new key."
        return Problem(type, detail, parts: [.init(parameter: "Idempotency-Key", code: type.rawValue, detail: detail)])
    }
}

extension HTTPField.Name {
    /// Says that the answer is that of an earlier request.
    static let idempotencyReplayed = HTTPField.Name(validated: "Idempotency-Replayed")
    fileprivate static let idempotencyKey = HTTPField.Name(validated: "Idempotency-Key")
}
#endif
