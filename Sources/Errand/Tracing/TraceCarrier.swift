import Tracing

/// Carries a trace context in a dictionary with the names of W3C headers.
struct TraceCarrier: Injector, Extractor {
    static let traceparent = "traceparent"

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

extension ServiceContext {
    /// A context that goes on where a W3C trace context leads; the base where there is none, or the tracer cannot read
    /// it.
    static func continuing(_ traceparent: String?, from base: ServiceContext = .topLevel) -> ServiceContext {
        guard let traceparent else { return base }
        var context = base
        let carrier = [TraceCarrier.traceparent: traceparent]
        InstrumentationSystem.instrument.extract(carrier, into: &context, using: TraceCarrier())
        return context
    }

    /// The W3C trace context to hand on; nil where the tracer has none.
    var traceparent: String? {
        var carrier: [String: String] = [:]
        InstrumentationSystem.instrument.inject(self, into: &carrier, using: TraceCarrier())
        return carrier[TraceCarrier.traceparent]
    }
}
