#if Server
import ArgumentParser
import Errand
import FoundationEssentials

/// Submits a job.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a job.",
        discussion: """
            The payload is a JSON object: given as it is, read from a file with @FILE, or from standard input with -.

                errand submit wordcount '{"text": "to be or not to be"}' --watch
                errand submit report @payload.json --delay 5m --priority -1 --tag nightly
            """
    )

    @Argument(help: "The job's type.") var type: String
    @Argument(help: "The payload: JSON, @FILE, or - for standard input; {} by default.") var payload: String?
    @Option(help: "The queue to wait in; the type's own by default.") var queue: String?
    @Option(parsing: .unconditional, help: "Lower runs first; 0 by default, negative allowed.") var priority: Int16?
    @Option(help: "Not to be run before this time has passed: 30s, 5m, 1h.") var delay: DurationText?
    @Option(name: .customLong("run-at"), help: "Not to be run before this time: 2026-05-01T08:00:00Z.") var runAt:
        String?
    @Option(name: .customLong("max-attempts"), help: "How often it may be tried.") var maxAttempts: Int?
    @Option(help: "How long one run may take: 30s, 5m.") var timeout: DurationText?
    @Option(
        name: .customLong("unique-key"),
        help: "At most one waiting or running job of the type has it; submitting again answers that job."
    )
    var uniqueKey: String?
    @Option(help: "The project.") var project: String?
    @Option(help: ArgumentHelp("A tag; may be given several times.", valueName: "tag")) var tag: [String] = []
    @Option(help: ArgumentHelp("A job that must be completed first; may be given several times.", valueName: "job"))
    var after: [JobArgument] = []
    @Flag(help: "Show its progress until it ends; the exit code then says how.") var watch = false
    @OptionGroup var access: AccessOptions

    func validate() throws {
        guard delay == nil || runAt == nil else { throw ValidationError("Give either --delay or --run-at, not both.") }
    }

    func run() async throws {
        try await access.with { jobs in
            let body = try await body(jobs)
            let job = try await jobs.submit(body)
            guard watch else { return say(job) }
            if !access.json { StandardStream.error.print("Submitted \(job.name).") }
            try await WatchCommand.watch(job.reference, jobs, json: access.json, mayRun: true)
        }
    }

    private func say(_ job: JobDocument) {
        if access.json { return StandardStream.output.print(job.document.json.onOneLine.string) }
        let isExisting = job.document["existing"]?.boolValue == true
        let isReplaced = job.document["replaced"]?.boolValue == true
        StandardStream.output.print(
            isReplaced
                ? "\(job.name) was there, and is now what you submitted."
                : isExisting ? "\(job.name) exists already." : "Submitted \(job.name)."
        )
    }

    private func body(_ jobs: any JobAccess) async throws -> JSONText {
        let payload = try payloadText()
        var ids: [String] = []
        for job in after { ids.append(try await jobs.job(job.reference).id) }
        let after = ids
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", type)
            writer.member("payload", payload)
            writer.memberIfPresent("queue", queue)
            writer.memberIfPresent("priority", priority.map(Int.init))
            // Whole seconds, rounded up: never earlier than asked.
            writer.memberIfPresent("delaySeconds", delay.map { Int(saturating: $0.duration.seconds.rounded(.up)) })
            writer.memberIfPresent("runAt", runAt)
            writer.memberIfPresent("maxAttempts", maxAttempts)
            writer.memberIfPresent("timeoutSeconds", timeout.map { Int(saturating: $0.duration.seconds.rounded(.up)) })
            writer.memberIfPresent("uniqueKey", uniqueKey)
            writer.memberIfPresent("projectId", project)
            Self.write(tag, as: "tags", to: &writer)
            Self.write(after, as: "after", to: &writer)
        }
        return writer.text
    }

    private static func write(_ values: [String], as name: String, to writer: inout JSONWriter) {
        guard !values.isEmpty else { return }
        writer.member(name) { writer in writer.array { writer in for value in values { writer.value(value) } } }
    }

    private func payloadText() throws -> JSONText {
        guard let payload else { return .emptyObject }
        let text: String
        if payload == "-" || payload.hasPrefix("@") {
            text = try FileSource(path: payload == "-" ? "-" : String(payload.dropFirst())).text()
        } else {
            text = payload
        }
        do throws(JSONError) { return try JSONText(validating: text) } catch {
            throw CommandFailure(.usage, "The payload is not JSON: \(error). Put it in single quotes: '{\"n\": 1}'.")
        }
    }
}

extension FileSource {
    /// The whole content as text; for payloads, which are small.
    func text() throws -> String {
        var bytes: [UInt8] = []
        let reader = try chunks { _ in }
        while let chunk = try reader.read() {
            bytes += chunk
            guard bytes.count <= 1024 * 1024 else {
                throw CommandFailure(.usage, "The payload in \(path) is larger than 1 MiB.")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
#endif
