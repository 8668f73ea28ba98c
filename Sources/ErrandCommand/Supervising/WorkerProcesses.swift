#if Server
import Errand
#if !os(Linux)
// Bundle, which knows the program's file.
import Foundation
#endif
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

// kill, for processes that are to end at once.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The worker processes that this one started: its own program, with the same arguments.
final class WorkerProcesses: Sendable {
    private let line: SupervisorLine
    private let patience: Duration
    private let running = Mutex<Set<pid_t>>([])
    private let isHurried = Mutex(false)

    /// Prepares to start processes.
    ///
    /// - Parameter patience: How long one may take to end after it was told to, before it is killed.
    /// - Throws: What making a pipe throws.
    init(patience: Duration) throws {
        line = try SupervisorLine()
        self.patience = patience
    }

    /// Runs one to its end; when the task is cancelled, tells it to end and then kills it.
    func run() async -> ProcessEnd {
        let pid = Mutex<pid_t>(0)
        defer { running.withLock { running in pid.withLock { _ = running.remove($0) } } }
        do {
            let result = try await Subprocess.run(
                configuration,
                input: .fileDescriptor(line.readEnd, closeAfterSpawningProcess: false),
                output: .currentStandardOutput,
                error: .currentStandardError
            ) { execution in
                pid.withLock { $0 = execution.processIdentifier.value }
                running.withLock { _ = $0.insert(execution.processIdentifier.value) }
            }
            switch result.terminationStatus {
            case .exited(let code): return .exited(code)
            case .signaled(let signal): return .signaled(signal)
            }
        } catch {
            return .notStarted("\(error)")
        }
    }

    /// Has all end at once that were told to end before: with their programs, and if asked again without mercy.
    func endAtOnce() {
        let isRepeated = isHurried.withLock { isHurried in
            defer { isHurried = true }
            return isHurried
        }
        // Not the SIGTERM of the teardown again: two that come together count as one.
        running.withLock { running in for pid in running { kill(pid, isRepeated ? SIGKILL : SIGINT) } }
    }

    private var configuration: Configuration {
        var options = PlatformOptions()
        // A group of its own: what a terminal sends to all of its programs comes once, from the supervisor.
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: patience)]
        return Configuration(
            executable: .path(.thisProgram),
            arguments: Arguments(
                executablePathOverride: CommandLine.arguments.first ?? "errand",
                remainingValues: CommandLine.arguments.dropFirst() + [WorkerCommand.supervisedFlag]
            ),
            platformOptions: options
        )
    }
}
#endif
