#if Server
import ArgumentParser

/// What the command says to the shell when it ends; most are those of sysexits.h.
enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    case jobFailed = 1
    case jobCancelled = 2
    case usage = 64
    case refused = 65
    case noInput = 66
    case unavailable = 69
    case `internal` = 70
    case cannotCreate = 73
    case tryLater = 75
    case noPermission = 77
    case configuration = 78

    /// When a script gets it.
    var meaning: String {
        switch self {
        case .ok: "done; a watched job was completed"
        case .jobFailed: "the job failed"
        case .jobCancelled: "the job was cancelled"
        case .usage: "the command line is wrong"
        case .refused: "the request was understood and refused"
        case .noInput: "there is no such file, job or dataset"
        case .unavailable: "the server or the store cannot be reached"
        case .internal: "a fault in errand itself"
        case .cannotCreate: "the output cannot be written"
        case .tryLater: "the store is in use, or the job has not ended; try again later"
        case .noPermission: "the API key is missing, not valid (any more), or not for this"
        case .configuration: "the configuration is wrong"
        }
    }

    /// All of them, for the help.
    static var help: String {
        allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: "; ") + "."
    }
}

/// Why a command could not do what it was asked, for the one who typed it.
struct CommandFailure: Error, Sendable, CustomStringConvertible {
    let status: ExitStatus
    /// What failed, with which value, and what to do.
    let description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
#endif
