import Synchronization

/// A registered handler in a running worker, with the metrics of its type.
final class TypeHandler: Sendable {
    private static let otherQueues = 1000

    let name: Name
    private let handler: JobHandlers.Handler?
    private let usual: RunMetrics
    private let others = Mutex<[Name: RunMetrics]>([:])

    init(_ handler: JobHandlers.Handler) {
        self.handler = handler
        name = handler.type.name
        usual = RunMetrics(type: handler.type.name, queue: handler.type.queue)
    }

    /// Stands for a type that was not asked for.
    private init(unknown name: Name) {
        handler = nil
        self.name = name
        usual = RunMetrics(type: name, queue: "default")
    }

    static func unknown(_ name: Name) -> TypeHandler { TypeHandler(unknown: name) }

    func metrics(for queue: Name) -> RunMetrics {
        if queue == usual.queue { return usual }
        return others.withLock { others in
            if let metrics = others[queue] { return metrics }
            let metrics = RunMetrics(type: name, queue: queue)
            // Queues have any names: what is beyond an installation's own is not kept.
            if others.count < Self.otherQueues { others[queue] = metrics }
            return metrics
        }
    }

    func run(_ context: JobContext) async throws -> JobResult {
        guard let handler else { throw JobError.snooze(for: .seconds(60)) }
        let result = try await handler.run(context)
        try handler.type.check(result)
        return result
    }

    /// What is to be recorded of a run whose handler returned or threw.
    func end(
        of job: ClaimedJob,
        _ outcome: Result<JobResult, any Error>,
        _ revocation: JobRun.Revocation?,
        files: [JobFile],
        random: SharedRandom
    ) -> Settlement.Outcome {
        if revocation == .cancelled { return .acknowledgeCancel }
        if revocation == .timeout { return timeout(of: job, random: random) }
        switch outcome {
        case .success(var result):
            result.files += files
            return Self.completion(result)
        case .failure(let error):
            // Whatever a handler throws because it was told to stop is no failure of the job.
            if revocation == .stopping, !(error is JobError) { return .release(after: .zero) }
            return failure(error, attempt: job.attempt, random: random)
        }
    }

    func timeout(of job: ClaimedJob, random: SharedRandom) -> Settlement.Outcome {
        let error = JobTimeoutError(seconds: job.timeoutSeconds ?? 0)
        let failure = JobFailure(code: JobFailure.Code.timeout, message: "\(error)")
        return .fail(failure, retryAfter: delay(error, attempt: job.attempt, random: random))
    }

    private static func completion(_ result: JobResult) -> Settlement.Outcome {
        do {
            try result.validate()
            return .complete(result)
        } catch {
            return .fail(JobFailure(code: "result_too_large", message: "\(error)"), retryAfter: nil)
        }
    }

    /// What an error means: what it says itself, else what the type's policy decides.
    private func failure(_ error: any Error, attempt: Int, random: SharedRandom) -> Settlement.Outcome {
        switch error {
        case let error as JobError: return error.outcome
        case let error as JobSleep: return .snooze(error.delay)
        default:
            let failure = JobFailure(of: error).normalized
            return .fail(failure, retryAfter: delay(error, attempt: attempt, random: random))
        }
    }

    func refused(_ error: JobStoreError, attempt: Int, random: SharedRandom) -> Settlement.Outcome {
        let failure = JobFailure(
            code: "follow_up_refused",
            message: "A job submitted by the handler was refused: \(error)"
        )
        let delay = error.code == .invalid ? nil : delay(error, attempt: attempt, random: random)
        return .fail(failure.normalized, retryAfter: delay)
    }

    private func delay(_ error: any Error, attempt: Int, random: SharedRandom) -> Duration? {
        random.draw { random in handler?.retry.delay(afterAttempt: attempt, error: error, using: &random) }
    }
}

extension JobError {
    var isSnooze: Bool { if case .snooze = action { true } else { false } }

    fileprivate var outcome: Settlement.Outcome {
        switch action {
        case .snooze(let delay): .snooze(delay)
        case .fail(let failure, let delay): .fail(failure.normalized, retryAfter: delay)
        }
    }
}

extension JobFailure {
    fileprivate init(of error: any Error) {
        self =
            switch error {
            case let error as any JobFailureConvertible: error.jobFailure
            default: JobFailure(code: Code.failed, message: String(describing: error))
            }
    }
}

extension Settlement.Outcome {
    /// Whether jobs that the handler submitted come to be.
    ///
    /// Not when it failed: the next attempt would submit them again.
    var carriesFollowUps: Bool {
        switch self {
        case .complete, .snooze: true
        case .fail, .release, .acknowledgeCancel: false
        }
    }
}
