#if Server
/// How a process that was started came to its end.
enum ProcessEnd: Error, Sendable, Equatable, CustomStringConvertible {
    case exited(Int32)
    case signaled(Int32)
    /// It could not be started, and why.
    case notStarted(String)

    /// What the log says.
    var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        case .notStarted(let reason): "not started: \(reason)"
        }
    }

    /// Why starting it again would end the same way; nil when it may not.
    var finalStatus: ExitStatus? {
        guard case .exited(let code) = self, let status = ExitStatus(rawValue: code) else { return nil }
        return [.usage, .noInput, .configuration].contains(status) ? status : nil
    }
}
#endif
