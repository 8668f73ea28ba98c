#if Server
import AsyncHTTPClient
import Errand
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// A job's stream of events, taken up again when it breaks.
struct JobEvents {
    /// For how long a server that does not answer is tried again.
    private static let patience = Duration.seconds(60)

    let connection: HTTPConnection
    let job: JobReference

    /// Shows every state until the job ends.
    func follow(_ show: @Sendable (JobDocument) async throws -> Void) async throws -> JobDocument {
        var last: JobDocument?
        var lastId: String?
        var brokenSince: ContinuousClock.Instant?
        while true {
            do {
                let response = try await connection.events(target, lastEventId: lastId)
                guard let response else { return try await connection.job(job) }
                brokenSince = nil
                var hasEnded = false
                var parser = EventParser()
                // Nothing is waited for after the last event, not even the end of the answer.
                for try await chunk in response.body {
                    for event in parser.events(in: chunk) {
                        hasEnded = hasEnded || event.name == "end"
                        guard event.name == "job" else { continue }
                        let job = try JobDocument(JSONText(validating: event.data))
                        (last, lastId) = (job, event.id)
                        try await show(job)
                    }
                    if hasEnded { break }
                }
                if hasEnded { return try await ended(last) }
            } catch {
                guard Self.isInterruption(error) else { throw error }
                // A server that was never reached is not one that is being restarted.
                let isPatient = brokenSince.map { $0.duration(to: .now) < Self.patience } ?? true
                guard last != nil, isPatient else { throw error }
            }
            brokenSince = brokenSince ?? .now
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private var target: String { "/api/jobs/\(job.pathPart)/events" }

    private func ended(_ last: JobDocument?) async throws -> JobDocument {
        if let last, last.status.isTerminal { return last }
        return try await connection.job(job)
    }

    private static func isInterruption(_ error: any Error) -> Bool {
        if let failure = error as? CommandFailure { return failure.status == .unavailable }
        return !(error is CancellationError) && !(error is JSONError)
    }
}

extension HTTPConnection {
    fileprivate func job(_ job: JobReference) async throws -> JobDocument {
        try await JobDocument(json(.GET, "/api/jobs/\(job.pathPart)"))
    }
}

/// Reads server-sent events (HTML Living Standard, 9.2.6) from chunks of any size.
struct EventParser {
    struct Event {
        var name = "message"
        var id: String?
        var data = ""
    }

    private var buffer: [UInt8] = []
    private var event = Event()
    private var lines: [String] = []

    /// The events that a chunk completes.
    mutating func events(in chunk: ByteBuffer) -> [Event] {
        buffer += Array(buffer: chunk)
        var events: [Event] = []
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            var line = buffer[..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            take(String(decoding: line, as: UTF8.self), &events)
            buffer.removeSubrange(...end)
        }
        return events
    }

    private mutating func take(_ line: String, _ events: inout [Event]) {
        guard !line.isEmpty else {
            if !lines.isEmpty {
                event.data = lines.joined(separator: "\n")
                events.append(event)
            }
            (event, lines) = (Event(), [])
            return
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
        switch parts[0] {
        case "event": event.name = value
        case "id": event.id = value
        case "data": lines.append(value)
        default: break
        }
    }
}
#endif
