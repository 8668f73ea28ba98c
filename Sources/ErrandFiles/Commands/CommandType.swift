#if Files
public import Errand
import Logging

/// A job type that runs a program, made by configuration: the way to write handlers in any language.
///
/// The program gets the payload as JSON on standard input, and says what it does by objects on standard output, each
/// on a line or over several, with any of these members:
/// `{"progress": 40, "message": "...", "data": {...}, "result": ...}`.
/// Every other line, and standard error, goes to the job's log; what begins as an object and is no such message does so
/// as a warning that says why. A result may also be left in the file that `ERRAND_RESULT_FILE` names; it goes before
/// one that is printed. Exit code 0 completes the job, 75 asks for another run while attempts are left, and any other
/// fails the job with code `exit_N`, or `signal_N` for a program that a signal ended. A program that ends with 0 and
/// whose result is no JSON that can be kept fails with `invalid_result`, which is tried again.
///
/// It runs in a session of its own, without a shell, and sees no environment variable but those named. When the job is
/// cancelled, times out or the worker stops, SIGTERM goes to its whole process group, and SIGKILL after the grace
/// period; nothing that it started, and that stayed in its group, outlives it. The same is done by a guardian, a shell
/// that this process starts with its first program, when this process is killed.
public struct CommandType: Sendable, Hashable {
    /// The type's name.
    public var name: Name
    /// The program and its arguments; a name without a slash is looked up in `PATH`.
    public var command: [String]
    /// The queue its jobs wait in unless the submitter names another.
    public var queue: Name
    /// How long one run may take; nil is no limit.
    public var timeout: Duration?
    /// The budget of charged runs.
    public var maxAttempts: Int
    /// The environment variables to pass on, besides `PATH`, `LANG` and `HOME`.
    public var environment: [String]
    /// The folder to run it in; nil is the server's own.
    public var workingDirectory: String?
    /// The most memory it may map, in bytes; nil is no limit.
    ///
    /// The program `prlimit` enforces it, and ``cpuLimit``.
    public var memoryLimit: Int64?
    /// The most processor time it may use; nil is no limit.
    public var cpuLimit: Duration?
    /// How long it may go on after SIGTERM.
    public var grace: Duration
    /// What people are told of it.
    public var description = JobTypeDescription()

    /// Creates a type; set what else should hold.
    ///
    /// - Parameters:
    ///   - name: The type's name.
    ///   - command: The program and its arguments, one or more.
    ///   - queue: The queue its jobs wait in by default.
    public init(_ name: Name, command: [String], queue: Name = "default") {
        self.name = name
        self.command = command
        self.queue = queue
        maxAttempts = 3
        environment = []
        grace = .seconds(5)
    }

    /// Registers the type with its handler.
    public func register(on handlers: inout JobHandlers) {
        let seconds = timeout?.secondsFromOne
        var type = JobType(name, queue: queue, maxAttempts: maxAttempts, timeoutSeconds: seconds)
        type.description = description
        handlers.register(raw: type) { context in
            try await CommandRun(type: self, job: context.job, feedback: CommandFeedback(context)).run()
        }
    }
}

extension CommandFeedback {
    init(_ context: JobContext) {
        self.init(
            log: { context.log($0, $1) },
            progress: { context.progress($0, $1) },
            data: { try context.data($0) },
            warn: { context.logger.warning("\($0)") }
        )
    }
}
#endif
