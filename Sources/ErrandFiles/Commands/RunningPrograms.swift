#if Files
import Synchronization

// kill, for whole process groups, and exit.
#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// The programs that this process runs for its jobs at the moment.
///
/// Each leads a process group of its own, which a terminal or a service manager does not signal with this process: who
/// ends the process without waiting for its worker ends them first.
public enum RunningPrograms {
    private static let groups = Mutex<Set<pid_t>>([])

    /// Kills all of them, with everything they started, and ends this process.
    ///
    /// No run may go on to record as a failure that its program was killed, so the lock that each takes at its end is
    /// never given back.
    ///
    /// - Parameter code: The exit code.
    public static func killAll(thenExit code: Int32) -> Never {
        groups.withLock { groups in
            for group in groups { kill(-group, SIGKILL) }
            exit(code)
        }
    }

    static func add(_ group: pid_t) {
        groups.withLock { _ = $0.insert(group) }
    }

    /// Kills what a program that has ended left running in its group.
    ///
    /// The group's number is not given to anyone else while a member lives; without members there is nobody to kill.
    static func remove(_ group: pid_t) {
        groups.withLock { groups in
            guard groups.remove(group) != nil else { return }
            kill(-group, SIGKILL)
        }
    }
}
#endif
