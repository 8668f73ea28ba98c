#if Files
import Errand
import FoundationEssentials
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

#if canImport(Darwin)
import Darwin  // For pid_t.
#elseif canImport(Glibc)
import Glibc  // For pid_t.
#endif

/// One run of a job whose type is a program.
struct CommandRun: Sendable {
    /// The exit code of a program that wants to be run again: `EX_TEMPFAIL` of sysexits.h.
    static let retryCode: Int32 = 75

    let type: CommandType
    let job: ClaimedJob
    let feedback: CommandFeedback

    func run() async throws -> JobResult {
        let output = CommandOutput(feedback)
        let status = try await execute(output)
        // Why a killed program ended is known best by whoever stopped it.
        try Task.checkCancellation()
        switch status {
        case .exited(0): return try result(output)
        case .exited(Self.retryCode):
            throw CommandFailure(code: "exit_75", message: message("asked for another run", output))
        case .exited(let code):
            throw JobError.permanent(message("ended with exit code \(code)", output), code: "exit_\(code)")
        case .signaled(let signal):
            throw JobError.permanent(message("was ended by signal \(signal)", output), code: "signal_\(signal)")
        }
    }

    /// Runs the program to its end, or until it is killed because the task was cancelled; nothing of it is left then.
    private func execute(_ output: CommandOutput) async throws -> TerminationStatus {
        let group = Mutex<pid_t>(0)
        defer { RunningPrograms.remove(group.withLock { $0 }) }
        do {
            let result = try await Subprocess.run(
                configuration,
                input: .fileDescriptor(CommandInput.descriptor(for: job.payload), closeAfterSpawningProcess: true),
                output: .sequence,
                error: .sequence
            ) { execution in
                group.withLock { $0 = execution.processIdentifier.value }
                RunningPrograms.add(execution.processIdentifier.value)
                let standardError = execution.standardError
                async let errors: Void = Self.read(standardError, output.takeError)
                try await Self.read(execution.standardOutput, output.takeOutput)
                try await errors
            }
            return result.terminationStatus
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw JobError.permanent(
                "The program \(program) was not found; look at the type's command and at PATH.",
                code: "command_not_found"
            )
        } catch let error as SubprocessError where error.code == .failedToChangeWorkingDirectory {
            throw JobError.permanent(
                "The folder \(type.workingDirectory ?? "") cannot be entered; look at the type's workingDirectory.",
                code: "working_directory_not_found"
            )
        }
    }

    private var program: String { type.command.first ?? "" }

    private static func read(
        _ sequence: SubprocessOutputSequence,
        _ take: @Sendable (CommandLines.Line) -> Void
    ) async throws {
        var lines = CommandLines()
        for try await buffer in sequence { buffer.withUnsafeBytes { lines.take($0, take) } }
        lines.finish(take)
    }

    private func result(_ output: CommandOutput) throws -> JobResult {
        guard !output.isResultCut, output.result.map({ $0.utf8Count <= JobLimits.resultBytes }) ?? true else {
            throw JobError.permanent(
                "The program's result is larger than \(JobLimits.resultBytes) bytes; let it write a file instead.",
                code: "result_too_large"
            )
        }
        return JobResult(output.result)
    }

    private func message(_ end: String, _ output: CommandOutput) -> String {
        let errors = output.lastErrors
        return "The program \(program) \(end)." + (errors.isEmpty ? "" : "\n\(errors)")
    }
}

/// A failure that the type's retry policy decides on.
struct CommandFailure: JobFailureConvertible {
    let code: String
    let message: String
    var jobFailure: JobFailure { JobFailure(code: code, message: message) }
}
#endif
