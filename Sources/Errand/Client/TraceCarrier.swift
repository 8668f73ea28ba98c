import Tracing

/// Carries a trace context in a dictionary with the names of W3C headers.
struct TraceCarrier: Injector, Extractor {
    static let traceparent = "traceparent"

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}
