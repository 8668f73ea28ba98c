#if Files
import Errand
import FoundationEssentials
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

extension CommandRun {
    /// The variables that every program may see.
    private static let alwaysPassed = ["PATH", "LANG", "HOME"]

    func configuration(_ folder: RunFolder) -> Configuration {
        let command = limits + type.command
        let program = command.first ?? ""
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: type.grace)]
        return Configuration(
            executable: program.holds("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(environment(folder)),
            workingDirectory: type.workingDirectory.map { FilePath($0) },
            platformOptions: options
        )
    }

    /// `prlimit` and its arguments, to go before the program; swift-subprocess has no hook to set limits in the child.
    private var limits: [String] {
        var limits: [String] = []
        if let bytes = type.memoryLimit { limits.append("--as=\(bytes)") }
        if let time = type.cpuLimit {
            let seconds = time.secondsFromOne
            // SIGXCPU first, so that the failure's code tells why; SIGKILL for a program that goes on regardless.
            limits.append("--cpu=\(seconds):\(seconds + 2)")
        }
        return limits.isEmpty ? [] : ["prlimit"] + limits + ["--"]
    }

    private func environment(_ folder: RunFolder) -> [Environment.Key: String] {
        let own = ProcessInfo.processInfo.environment
        var environment: [Environment.Key: String] = [:]
        for name in Self.alwaysPassed + type.environment {
            if let value = own[name], let key = Environment.Key(rawValue: name) { environment[key] = value }
        }
        environment["ERRAND_JOB_ID"] = job.lease.id.description
        environment["ERRAND_JOB_NUMBER"] = String(job.lease.number)
        environment["ERRAND_ATTEMPT"] = String(job.attempt)
        environment["ERRAND_FENCE"] = String(job.lease.fence)
        environment["ERRAND_RESULT_FILE"] = folder.resultFile
        if let traceparent = job.traceparent { environment["TRACEPARENT"] = traceparent }
        return environment
    }
}
#endif
