#if Server
import Errand

/// The words for a status that a filter understands, in any case: ours and those of the systems people come from.
enum StatusWords {
    private static let words: [String: Set<JobStatus>] = [
        "queued": [.queued], "pending": [.queued], "waiting": [.queued], "delayed": [.queued],
        "prioritized": [.queued], "waiting-children": [.queued],
        "running": [.running], "active": [.running],
        "in_progress": [.queued, .running],
        "completed": [.completed], "success": [.completed],
        "failed": [.failed], "error": [.failed],
        "cancelled": [.cancelled],
    ]

    /// A regular expression that matches every word in any case, and nothing else.
    static let pattern =
        "^(" + words.keys.sorted().map { word in word.map(eitherCase).joined() }.joined(separator: "|") + "|)$"

    private static func eitherCase(_ letter: Character) -> String {
        letter.isLetter ? "[\(letter.uppercased())\(letter)]" : String(letter)
    }

    /// The statuses that any of the words stands for.
    static func statuses(_ given: [String]) throws(Problem) -> Set<JobStatus> {
        var statuses: Set<JobStatus> = []
        for word in given {
            guard let meaning = words[word.lowercased()] else {
                throw .parameter(
                    "status",
                    "unknown-status",
                    "\"\(word.quotable)\" is no status; use Queued, Running, Completed, Failed or Cancelled."
                )
            }
            statuses.formUnion(meaning)
        }
        return statuses
    }
}
#endif
