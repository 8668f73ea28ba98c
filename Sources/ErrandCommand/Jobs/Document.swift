#if Server
import Errand
import FoundationEssentials

/// A JSON object of the API.
struct Document: Sendable {
    let json: JSONText
    private let object: JSONObject

    /// Takes an object; throws for any other kind of JSON.
    init(_ json: JSONText) throws {
        self.json = json
        do throws(JSONError) { object = try json.object() } catch {
            throw CommandFailure(.unavailable, "The answer is no JSON object; is that an errand server?")
        }
    }

    subscript(name: String) -> JSONText? { object[name].flatMap { $0.isNull ? nil : $0 } }

    func string(_ name: String) -> String? { self[name]?.stringValue }
    func integer(_ name: String) -> Int64? { self[name]?.int64Value }
    func date(_ name: String) -> Date? { string(name).flatMap { RFC3339.parse($0) } }

    /// An object within; nil when there is none.
    func document(_ name: String) -> Document? {
        guard let value = self[name], value.kind == .object else { return nil }
        // It is an object, so this cannot throw.
        return try? Document(value)
    }
}

/// A job as the API shows it.
struct JobDocument: Sendable {
    let document: Document
    let id: String
    let number: Int64
    let type: String
    let status: JobStatus

    init(_ json: JSONText) throws { try self.init(Document(json)) }

    init(_ document: Document) throws {
        guard let id = document.string("id"), let number = document.integer("number"),
            let type = document.string("type"),
            let status = document.string("status").flatMap(JobStatus.init(rawValue:))
        else {
            throw CommandFailure(.unavailable, "The answer is a job without id, number, type or a known status.")
        }
        self.document = document
        self.id = id
        self.number = number
        self.type = type
        self.status = status
    }

    var reference: JobReference { .number(number) }
    var progress: Int { Int(document.integer("progress") ?? 0) }
    var message: String? { document.string("progressMessage") }
    var error: String? { document.string("error") }

    /// How it is named in sentences.
    var name: String { "#\(number) \(type.printable)" }

    /// How long the last run took.
    var runDuration: Duration? {
        guard let start = document.date("startedAt"), let end = document.date("completedAt") else { return nil }
        return .milliseconds(end.milliseconds - start.milliseconds)
    }

    /// What the shell is told of a job that has ended.
    var exitStatus: ExitStatus {
        switch status {
        case .completed: .ok
        case .failed: .jobFailed
        case .cancelled: .jobCancelled
        case .queued, .running: .tryLater
        }
    }
}
#endif
