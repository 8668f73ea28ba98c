#if Server && Postgres
import Errand
import Foundation

/// A folder with a job type that runs until it is let go, and says which processes are at it.
struct HoldingJobs {
    let folder: Folder

    init() async throws {
        folder = try Folder(.postgres)
        // The worker is the parent of the program.
        try folder.write(
            "hold.sh",
            """
            echo "{\\"progress\\": 10, \\"message\\": \\"$PPID $$\\"}"
            while ! test -e go; do sleep 0.05; done
            """
        )
        try folder.write(
            "errand.yaml",
            """
            lease: 2s
            types:
              hold: {command: [sh, hold.sh]}
              echo: {command: [cat], queue: quick}
            """
        )
        _ = try await folder.errand("migrate")
    }

    /// Starts `errand worker`.
    func worker(_ more: String...) throws -> Running {
        try Running(["worker", "--config", "errand.yaml"] + more, in: folder)
    }

    /// Submits a job and follows it.
    func submit(_ type: String = "hold", _ more: String...) async throws -> HeldJob {
        let arguments = ["submit", type, "--json", "--config", "errand.yaml"] + more
        let submitted = try await Running(arguments, in: folder).outcome()
        let number = try JSONText(validating: submitted.output).object()["number"]?.int64Value
        guard let number else { throw NeverSaid(prefix: "number", errors: submitted.errors) }
        return HeldJob(number: number, watching: try Running(["watch", "\(number)", "--json"] + more, in: folder))
    }

    /// Lets every job go, now and later.
    func letGo() throws { try folder.write("go", "") }

    /// Waits until so many workers live, and answers with their processes.
    func workers(_ count: Int) async throws -> Set<Int32> {
        while true {
            try Task.checkCancellation()
            let listed = try await folder.errand("workers", "--json").lines
            let names = try listed.compactMap { try JSONText(validating: $0).object()["name"]?.stringValue }
            let processes = names.compactMap { $0.split(separator: ":").last.flatMap { Int32($0) } }
            if processes.count == count { return Set(processes) }
        }
    }

    func job(_ number: Int64) async throws -> JSONObject {
        try JSONText(validating: try await folder.errand("show", "\(number)", "--json").output).object()
    }
}

/// A job that is followed.
struct HeldJob {
    let number: Int64
    let watching: Running

    /// Waits until its program has started, apart from one that is known: the worker's process, and its own.
    func started(apartFrom known: Int32? = nil) async throws -> (worker: Int32, program: Int32) {
        while true {
            let state = try JSONText(validating: await watching.line(after: "")).object()
            let processes = (state["progressMessage"]?.stringValue ?? "").split(separator: " ").compactMap { Int32($0) }
            if processes.count == 2, processes[0] != known { return (processes[0], processes[1]) }
        }
    }
}

/// Whether a process lives: one that has ended stays in the list until its parent, or init, looks at it.
func isAlive(_ process: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    let state = stat.split(separator: ")").last?.split(separator: " ").first
    return state != "Z" && state != "X"
}

/// Waits until a process has ended: who kills one does not wait for that.
func waitForEnd(of process: Int32) async {
    while isAlive(process), !Task.isCancelled { await Task.yield() }
}
#endif
