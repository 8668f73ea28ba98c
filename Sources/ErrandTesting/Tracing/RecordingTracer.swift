package import Tracing
import Synchronization

/// A tracer that remembers the spans that have ended, and hands contexts on as W3C trace context.
///
/// A process has one tracer for good; `withTracer` gives this one to a test and to the tasks within it.
package final class RecordingTracer: Tracer {
    private struct State {
        var count: UInt64 = 0
        var ended: [RecordedSpan] = []
    }

    private let state = Mutex(State())

    /// Creates a tracer that has seen nothing.
    package init() {}

    /// The spans that have ended, in that order.
    package var ended: [RecordedSpan] { state.withLock { $0.ended } }

    /// The spans with a name that have ended.
    package func ended(_ name: String) -> [RecordedSpan] { ended.filter { $0.name == name } }

    package func startSpan(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> some TracerInstant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> RecordingSpan {
        let parent = context()
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        let trace = parent.recorded?.trace ?? Self.hex(number, digits: 32)
        var own = parent
        own.recorded = TraceIdentity(trace: trace, span: Self.hex(number, digits: 16))
        let record = RecordedSpan(name: operationName, kind: kind, context: own, parent: parent.recorded)
        return RecordingSpan(record, tracer: self)
    }

    package func forceFlush() {}

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let identity = context.recorded else { return }
        injector.inject(identity.traceparent, forKey: "traceparent", into: &carrier)
    }

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        let parts = extractor.extract(key: "traceparent", from: carrier)?.split(separator: "-") ?? []
        guard parts.map(\.utf8.count) == [2, 32, 16, 2] else { return }
        context.recorded = TraceIdentity(trace: String(parts[1]), span: String(parts[2]))
    }

    fileprivate func end(_ span: RecordedSpan) { state.withLock { $0.ended.append(span) } }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}

/// Which span of which trace.
package struct TraceIdentity: Sendable, Hashable {
    /// 32 hexadecimal digits.
    package var trace: String
    /// 16 hexadecimal digits.
    package var span: String

    /// Names a span.
    package init(trace: String, span: String) {
        self.trace = trace
        self.span = span
    }

    /// As a header says it.
    package var traceparent: String { "00-\(trace)-\(span)-01" }
}

/// A span that has ended.
package struct RecordedSpan: Sendable {
    /// Its name.
    package var name: String
    /// What kind it is of.
    package let kind: SpanKind
    /// Its own context.
    package let context: ServiceContext
    /// The span it belongs to.
    package let parent: TraceIdentity?
    /// What it says.
    package var attributes: SpanAttributes = [:]
    /// The spans it links to.
    package var links: [TraceIdentity] = []
    /// How it ended, where it says so.
    package var status: SpanStatus?
    /// The texts of the errors it tells of.
    package var errors: [String] = []

    /// Which span it is.
    package var identity: TraceIdentity? { context.recorded }

    /// What it says under a name.
    package subscript(_ name: String) -> SpanAttribute? { attributes.get(name) }
}

/// A span at work.
package final class RecordingSpan: Span {
    package let context: ServiceContext
    private let tracer: RecordingTracer
    /// Nil once it has ended.
    private let record: Mutex<RecordedSpan?>

    fileprivate init(_ record: RecordedSpan, tracer: RecordingTracer) {
        context = record.context
        self.tracer = tracer
        self.record = Mutex(record)
    }

    package var operationName: String {
        get { record.withLock { $0?.name ?? "" } }
        set { record.withLock { $0?.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { record.withLock { $0?.attributes ?? [:] } }
        set { record.withLock { $0?.attributes = newValue } }
    }

    package var isRecording: Bool { record.withLock { $0 != nil } }

    package func setStatus(_ status: SpanStatus) { record.withLock { $0?.status = status } }

    package func addEvent(_ event: SpanEvent) {}

    package func recordError(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> some TracerInstant
    ) {
        record.withLock { $0?.errors.append("\(error)") }
    }

    package func addLink(_ link: SpanLink) {
        guard let identity = link.context.recorded else { return }
        record.withLock { $0?.links.append(identity) }
    }

    package func end(at instant: @autoclosure () -> some TracerInstant) {
        let ended = record.withLock { record in
            defer { record = nil }
            return record
        }
        if let ended { tracer.end(ended) }
    }
}

extension ServiceContext {
    private enum Key: ServiceContextKey {
        typealias Value = TraceIdentity
    }

    fileprivate var recorded: TraceIdentity? {
        get { self[Key.self] }
        set { self[Key.self] = newValue }
    }
}
