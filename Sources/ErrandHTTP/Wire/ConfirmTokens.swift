#if Server
import Errand
import FoundationEssentials

/// Makes and checks what confirms a bulk action: the word of somebody who was told how many jobs it means.
///
/// It is signed together with the action, the filter and the scope, holds for five minutes, and starts one bulk job:
/// sent again it leads to the same.
struct ConfirmTokens: Sendable {
    /// For how long a token is good.
    static let lifetime: Duration = .seconds(300)
    private static let contentLength = 24

    /// What a token says.
    struct Confirmation {
        let token: String
        let count: Int
        let expiresAt: Date

        /// The identifier of the job that the token starts.
        var jobID: JobID { JobID(digestOf: ["errand confirm 1", token]) }

        /// Refuses a token that is too old, or was for another number of jobs.
        func check(present: Int, now: Date) throws(Problem) {
            guard now < expiresAt else {
                throw Problem(.confirmTokenStale, "confirmToken is older than \(lifetime.components.seconds) seconds.")
            }
            guard (max(present, count) - min(present, count)).saturatingProduct(10) <= count else {
                throw Problem(
                    .confirmTokenStale,
                    "It would be \(present) jobs by now, and \(count) were confirmed: more than 10 % apart."
                )
            }
        }
    }

    private let signer: MessageSigner

    init(secret: [UInt8]) { signer = MessageSigner(secret: secret, purpose: "confirm") }

    /// A new token for so many jobs; different from every other, also for the same question.
    func make(count: Int, words: [String], now: Date, random: RandomSource) -> String {
        var content = Data()
        content.append(now.milliseconds + Self.lifetime.wholeMilliseconds)
        content.append(Int64(count))
        content.append(random.next())
        return Base64URL.encode(content + signer.signature(of: content, for: words))
    }

    /// Reads a token; throws `validation` for one that was not given for these words.
    func read(_ token: String, words: [String]) throws(Problem) -> Confirmation {
        guard token.utf8.count == 75, let data = Base64URL.decode(token), data.count == Self.contentLength + 32,
            case let content = Data(data.prefix(Self.contentLength)),
            ConstantTime.areEqual(signer.signature(of: content, for: words), data.dropFirst(Self.contentLength))
        else {
            throw .field(
                "/confirmToken",
                "invalid",
                "confirmToken was not given for this action and filter; ask for one with dryRun."
            )
        }
        let expiry: Int64 = content.integer(at: 0)
        let count: Int64 = content.integer(at: 8)
        return Confirmation(token: token, count: Int(count), expiresAt: Date(milliseconds: expiry))
    }
}
#endif
