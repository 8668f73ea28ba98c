#if Server
import Errand
import Hummingbird
import NIOCore

/// Writes server-sent events (HTML Living Standard, 9.2); every event is flushed by itself.
struct EventWriter {
    private var body: any ResponseBodyWriter

    init(_ body: any ResponseBodyWriter) { self.body = body }

    /// Opens the stream: a comment, so that the client sees at once that it is open, and when to come back.
    @concurrent mutating func open(retryMilliseconds: Int) async throws {
        try await write(": errand\nretry: \(retryMilliseconds)\n\n")
    }

    /// Sends an event; data is one line of JSON.
    @concurrent mutating func send(_ event: String, id: Int64? = nil, data: JSONText) async throws {
        let head = id.map { "id: \($0)\n" } ?? ""
        try await write("\(head)event: \(event)\ndata: \(data.onOneLine.string)\n\n")
    }

    /// Says that the stream is alive: a comment for what lies between, an event for the client.
    ///
    /// The event has no id, so that the client's last one stays.
    @concurrent mutating func heartbeat() async throws {
        try await write(": heartbeat\n\nevent: heartbeat\ndata: {}\n\n")
    }

    @concurrent private mutating func write(_ text: String) async throws {
        try await body.write(ByteBuffer(string: text))
    }
}
#endif
