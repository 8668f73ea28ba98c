import Tracing

/// The span around a run, continuing the submitter's trace.
enum JobSpan {
    /// Whether anybody traces; asked once for each start of a worker, so that runs cost nothing when nobody does.
    static var isTracing: Bool { !(InstrumentationSystem.instrument is NoOpInstrument) }

    static func run(
        around context: JobContext,
        _ body: () async throws -> JobResult
    ) async throws -> JobResult {
        var parent = ServiceContext.topLevel
        if let traceparent = context.job.traceparent {
            let carrier = [TraceCarrier.traceparent: traceparent]
            InstrumentationSystem.instrument.extract(carrier, into: &parent, using: TraceCarrier())
        }
        return try await withSpan("run \(context.type)", context: parent, ofKind: .consumer) { span in
            span.attributes["messaging.system"] = "errand"
            span.attributes["messaging.destination.name"] = context.queue
            span.attributes["messaging.message.id"] = "\(context.id)"
            span.attributes["errand.attempt"] = context.attempt
            return try await body()
        }
    }
}
