#if Server
import Errand
import FoundationEssentials

/// A lease as a worker elsewhere carries it: all that the server has to know to check and to use it.
///
/// It is signed together with the job and with what the worker's credential reaches, so a token is of use for one job
/// and within one scope, any server of the installation can check it, and none has to keep it.
struct LeaseToken: Sendable, Equatable {
    /// The right to write to the job.
    var lease: JobLease
    /// Which charged run it is, from 1.
    var attempt: Int
    /// When the run has to be over; nil is never.
    var deadline: Date?
}

/// Makes and checks lease tokens.
struct LeaseTokens: Sendable {
    private static let contentLength = 28

    private let signer: MessageSigner

    init(secret: [UInt8]) { signer = MessageSigner(secret: secret, purpose: "lease") }

    /// The token for a worker whose credential reaches a scope: 80 characters.
    func encode(_ token: LeaseToken, for scope: Scope) -> String {
        var content = Data()
        content.append(token.lease.number)
        content.append(token.lease.fence)
        content.append(token.deadline?.milliseconds ?? .max)
        content.append(Int32(clamping: token.attempt))
        return Base64URL.encode(content + signature(content, token.lease.id, scope))
    }

    /// Reads a token; nil for one that was not made for this job and scope.
    func decode(_ text: String, of job: JobID, for scope: Scope) -> LeaseToken? {
        guard text.utf8.count == 80, let data = Base64URL.decode(text), data.count == Self.contentLength + 32 else {
            return nil
        }
        let content = Data(data.prefix(Self.contentLength))
        guard ConstantTime.areEqual(signature(content, job, scope), data.dropFirst(Self.contentLength)) else {
            return nil
        }
        let deadline: Int64 = content.integer(at: 16)
        let attempt: Int32 = content.integer(at: 24)
        return LeaseToken(
            lease: JobLease(id: job, number: content.integer(at: 0), fence: content.integer(at: 8)),
            attempt: Int(attempt),
            deadline: deadline == .max ? nil : Date(milliseconds: deadline)
        )
    }

    private func signature(_ content: Data, _ job: JobID, _ scope: Scope) -> Data {
        signer.signature(of: content, for: ["\(job)"] + scope.words)
    }
}
#endif
