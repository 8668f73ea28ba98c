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
        let folder = try await folder()
        defer { folder.remove() }
        let status = try await execute(output, folder)
        // Why a killed program ended is known best by whoever stopped it.
        try Task.checkCancellation()
        output.log.finish()
        switch status {
        case .exited(0): return try result(output, folder)
        case .exited(Self.retryCode):
            throw CommandFailure(code: "exit_75", message: message("asked for another run", output))
        case .exited(let code):
            throw JobError.permanent(message("ended with exit code \(code)", output), code: "exit_\(code)")
        case .signaled(let signal):
            throw JobError.permanent(message("was ended by signal \(signal)", output), code: "signal_\(signal)")
        }
    }

    /// The run's place on the disk, under the eyes of the guardian.
    private func folder() async throws -> RunFolder {
        do { try await ProgramGuardian.shared.watch() } catch {
            feedback.warn("nothing would end the programs of this process if it were killed: \(error)")
        }
        return try RunFolder(in: ProgramGuardian.shared.base, grace: type.grace)
    }

    /// Runs the program to its end, or until it is killed because the task was cancelled; nothing of it is left then.
    private func execute(_ output: CommandOutput, _ folder: RunFolder) async throws -> TerminationStatus {
        let group = Mutex<pid_t>(0)
        defer { RunningPrograms.remove(group.withLock { $0 }) }
        do {
            let result = try await Subprocess.run(
                configuration(folder),
                input: .fileDescriptor(CommandInput.descriptor(for: job.payload), closeAfterSpawningProcess: true),
                output: .sequence,
                error: .sequence
            ) { execution in
                let leader = execution.processIdentifier.value
                group.withLock { $0 = leader }
                RunningPrograms.add(leader)
                noteStart(leader, folder)
                let reading = ProgramReading(leader: leader, output: output)
                let standardError = execution.standardError
                async let errors: Void = reading.readErrors(standardError)
                try await reading.readOutput(execution.standardOutput)
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

    private func noteStart(_ leader: pid_t, _ folder: RunFolder) {
        do { try folder.started(leader) } catch {
            // The guardian still finds it by its environment.
            feedback.warn("the guardian was not told of a program: \(error)")
        }
    }

    /// What the program gave as its result, in the file or else printed.
    private func result(_ output: CommandOutput, _ folder: RunFolder) throws -> JobResult {
        let said = output.said
        let file: JSONText?
        do throws(ResultFault) { file = try ResultFile.read(folder.resultFile) } catch {
            throw failure("left no valid result in ERRAND_RESULT_FILE", error)
        }
        if let file {
            if said.count > 0 || said.fault != nil {
                output.log.note("The program also printed a result; the one in ERRAND_RESULT_FILE counts.")
            }
            return JobResult(file)
        }
        if let fault = said.fault { throw failure("printed no valid result", fault) }
        guard let result = said.result else { return JobResult(nil) }
        guard result.utf8Count <= JobLimits.resultBytes else {
            throw failure("", ResultFault(code: ResultFault.tooLarge, reason: "it has \(result.utf8Count) bytes"))
        }
        if said.count > 1 { output.log.note("The program printed \(said.count) results; the last one counts.") }
        return JobResult(result)
    }

    private func failure(_ what: String, _ fault: ResultFault) -> any Error {
        if fault.code == ResultFault.tooLarge {
            // It would be as large the next time.
            return JobError.permanent(
                "The program's result is larger than \(JobLimits.resultBytes) bytes; let it write a file instead.",
                code: fault.code
            )
        }
        // What it begins with is in the job's log; this is in the log of the process too, which knows no results.
        return CommandFailure(code: fault.code, message: "The program \(program) \(what): \(fault.reason).")
    }

    private func message(_ end: String, _ output: CommandOutput) -> String {
        let errors = output.lastErrors
        return "The program \(program) \(end)." + (errors.isEmpty ? "" : "\n\(errors)")
    }
}

/// A failure that the type's retry policy decides on.
struct CommandFailure: JobFailureConvertible, CustomStringConvertible {
    let code: String
    let message: String
    var description: String { message }
    var jobFailure: JobFailure { JobFailure(code: code, message: message) }
}
#endif
