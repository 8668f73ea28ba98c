import Tracing

/// A span of a job's way, as OpenTelemetry's conventions for messaging have it (1.44, where they are in development).
///
/// `send` is a submit, `receive` a claim that brought jobs, `process` a handler at work, `settle` the record of ends. A
/// job carries the context of its `send` span: `process` goes on with it, and all but `send` link to it. Where nobody
/// traces there is no span: whoever wants one learns so by one look, and pays for nothing else.
package struct MessagingSpan: Sendable {
    /// What is done with the jobs; the conventions' name and type of it are the same here.
    enum Operation: String {
        case send, receive, process, settle

        var kind: SpanKind {
            switch self {
            case .send: .producer
            case .process: .consumer
            case .receive, .settle: .client
            }
        }
    }

    /// What spans tell of one job.
    struct Message {
        var queue: Name?
        var id: JobID?
        /// The W3C trace context that it was submitted with.
        var creation: String?
    }

    /// Whether anybody traces.
    package static var isTracing: Bool { !(InstrumentationSystem.instrument is NoOpInstrument) }

    private let span: any Span

    /// Starts a span.
    ///
    /// - Parameters:
    ///   - operation: What is done.
    ///   - messages: The jobs it is done with. They name the span where all are of one queue.
    ///   - parent: What it belongs to.
    ///   - start: When that began.
    init(
        _ operation: Operation,
        _ messages: [Message],
        parent: ServiceContext,
        start: DefaultTracerClock.Timestamp = DefaultTracerClock.now
    ) {
        let queue = messages.first?.queue
        let destination = messages.allSatisfy { $0.queue == queue } ? queue?.text : nil
        let name = [operation.rawValue, destination].compactMap(\.self).joined(separator: " ")
        span = startSpan(name, context: parent, ofKind: operation.kind, at: start)
        span.updateAttributes { attributes in
            attributes["messaging.system"] = "errand"
            attributes["messaging.operation.name"] = operation.rawValue
            attributes["messaging.operation.type"] = operation.rawValue
            attributes["messaging.destination.name"] = destination
            if messages.count == 1 {
                attributes["messaging.message.id"] = messages[0].id?.description
            } else {
                attributes["messaging.batch.message_count"] = messages.count
            }
        }
        for message in messages {
            let creation = ServiceContext.continuing(message.creation)
            if !creation.isEmpty { span.addLink(SpanLink(context: creation, attributes: [:])) }
        }
    }

    /// Ends the span.
    ///
    /// - Parameter errorType: Why it failed, in a word; nil when it did not.
    package func end(errorType: String? = nil) {
        if let errorType {
            span.attributes["error.type"] = errorType
            span.setStatus(SpanStatus(code: .error))
        }
        span.end()
    }
}

// MARK: - Submitting

extension JobStore {
    /// Stores jobs as ``insert(_:scope:)`` does, within a `send` span where somebody traces.
    ///
    /// The jobs then carry that span's context, and otherwise the submitter's. One that has a context of its own keeps
    /// it; a tracked job, which nobody claims, is no message and has none.
    ///
    /// - Parameters:
    ///   - jobs: What to store.
    ///   - traceparent: The submitter's W3C trace context; nil is the task's.
    ///   - scope: Who submits.
    /// - Returns: What ``insert(_:scope:)`` returns.
    /// - Throws: What it throws.
    package func insert(
        _ jobs: [NewJob],
        continuing traceparent: String?,
        scope: Scope
    ) async throws(JobStoreError) -> [InsertedJob] {
        var jobs = jobs
        guard let span = MessagingSpan(sending: jobs, traceparent) else {
            jobs.carry(traceparent)
            return try await insert(jobs, scope: scope)
        }
        jobs.carry(span.traceparent ?? traceparent)
        let inserted: [InsertedJob]
        do {
            inserted = try await insert(jobs, scope: scope)
        } catch {
            span.end(errorType: error.code.rawValue)
            throw error
        }
        span.end(inserted)
        return inserted
    }
}

extension MessagingSpan {
    /// Starts the span of a submit; nil where nobody traces, or all the jobs are tracked.
    fileprivate init?(sending jobs: [NewJob], _ traceparent: String?) {
        guard Self.isTracing else { return nil }
        let messages = jobs.filter { $0.tracking == nil }.map { job in
            Message(queue: job.queue, id: job.id, creation: job.traceparent)
        }
        guard !messages.isEmpty else { return nil }
        let parent = ServiceContext.continuing(traceparent, from: .current ?? .topLevel)
        self.init(.send, messages, parent: parent)
    }

    fileprivate var traceparent: String? { span.context.traceparent }

    /// Ends the span of a submit; a single job's identifier may be known only now.
    fileprivate func end(_ inserted: [InsertedJob]) {
        if inserted.count == 1 { span.attributes["messaging.message.id"] = inserted[0].id.description }
        end()
    }
}

extension [NewJob] {
    fileprivate mutating func carry(_ traceparent: String?) {
        guard let traceparent else { return }
        for index in indices where self[index].tracking == nil && self[index].traceparent == nil {
            self[index].traceparent = traceparent
        }
    }
}

// MARK: - Claiming and settling

extension MessagingSpan {
    /// When a claim or a settle began, of which only its end tells whether it is worth a span.
    package struct Beginning: Sendable {
        private let time = DefaultTracerClock.now
        private let parent: ServiceContext

        init(parent: ServiceContext = .topLevel) { self.parent = parent }

        /// Leaves the span of a claim, now that it is over; none where it brought nothing.
        package func received(_ jobs: [ClaimedJob]) {
            guard !jobs.isEmpty else { return }
            MessagingSpan(.receive, jobs.map(Message.init), parent: parent, start: time).end()
        }

        /// Leaves the span of a settle, now that it is over.
        func settled(_ ends: [WorkerState.End], _ results: Result<[SettleResult], JobStoreError>) {
            guard !ends.isEmpty else { return }
            let errorType =
                switch results {
                case .success(let results): results.lazy.compactMap(\.errorType).first
                case .failure(let error): error.code.rawValue
                }
            let messages = ends.map { Message($0.run.job) }
            MessagingSpan(.settle, messages, parent: parent, start: time).end(errorType: errorType)
        }
    }

    /// Notes that a request to claim begins; nil where nobody traces.
    package static func begin() -> Beginning? {
        isTracing ? Beginning(parent: .current ?? .topLevel) : nil
    }

    /// Starts the span of a settle that a worker elsewhere asked for.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - job: The same, where it could be read.
    /// - Returns: The span, to be ended.
    package static func settle(_ id: JobID, _ job: Job?) -> MessagingSpan {
        let message = Message(queue: job?.queue, id: id, creation: job?.traceparent)
        return MessagingSpan(.settle, [message], parent: .current ?? .topLevel)
    }
}

extension MessagingSpan.Message {
    fileprivate init(_ job: ClaimedJob) {
        self.init(queue: job.queue, id: job.lease.id, creation: job.traceparent)
    }
}

extension SettleResult {
    fileprivate var errorType: String? {
        switch self {
        case .applied: nil
        case .fenced: "fenced"
        case .refused(let error): error.code.rawValue
        }
    }
}

// MARK: - Running

extension MessagingSpan {
    /// Runs a handler within its span, which continues the submitter's trace.
    static func process(
        _ context: JobContext,
        _ body: () async throws -> JobResult
    ) async throws -> JobResult {
        let parent = ServiceContext.continuing(context.job.traceparent)
        let messaging = MessagingSpan(.process, [Message(context.job)], parent: parent)
        let span = messaging.span
        span.attributes["errand.attempt"] = context.attempt
        do {
            let result = try await ServiceContext.withValue(span.context, operation: body)
            messaging.end()
            return result
        } catch {
            let errorType = context.run.errorType(of: error)
            if errorType != nil { span.recordError(error) }
            messaging.end(errorType: errorType)
            throw error
        }
    }
}

extension JobRun {
    /// Why a handler's error is a failure, in a word; nil when it only asked for another run.
    fileprivate func errorType(of error: any Error) -> String? {
        if error is JobSleep { return nil }
        if let error = error as? JobError {
            guard case .fail(let failure, _) = error.action else { return nil }
            return failure.code
        }
        // What a handler throws once it was told to stop says only that it was.
        if let revocation { return revocation.rawValue }
        return (error as? any JobFailureConvertible)?.jobFailure.code ?? "\(type(of: error))"
    }
}
