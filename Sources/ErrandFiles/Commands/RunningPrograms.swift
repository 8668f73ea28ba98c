#if Files
import Synchronization

// kill, for whole process groups.
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

    /// Kills all of them, with everything they started.
    public static func killAll() {
        groups.withLock { groups in
            for group in groups { kill(-group, SIGKILL) }
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
