#if Server
import ArgumentParser
import Errand

/// Measures this machine's job rates.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure submitting and running jobs, on this machine.",
        discussion: """
            Works with default settings and jobs that do nothing: on SQLite in a temporary folder (TMPDIR), or in the \
            schema of --store, where its jobs stay. W1: submit one by one; W1c: from 64 submitters at once; W2: 1,000 \
            a call; W3: run 100,000 stored jobs; W3x2: the same in two processes; W4: from submit to start on an idle \
            system. `make bench` sets the figures beside the raw limits and other job systems.
            """
    )

    @Flag(help: "Print a JSON object a line.") var json = false
    @Option(help: "The share of the usual size, 0.001 to 10.") var scale = 1.0
    @Option(help: "Which to run, with commas between them: W1,W3.") var only: String?
    @Option(help: "A PostgreSQL to work on, in a schema of its own: postgres://USER@HOST/DATABASE?schema=bench.")
    var store: String?
    @Flag(help: .private) var join = false

    func validate() throws {
        guard scale >= 0.001, scale <= 10 else { throw ValidationError("--scale is \(scale); it must be 0.001 to 10.") }
        _ = try chosen()
    }

    private func chosen() throws -> [Workload] {
        guard let only else { return Workload.allCases.filter { $0 != .w3x2 || store != nil } }
        return try only.split(separator: ",").map { name in
            let found = Workload.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
            guard let found else {
                let all = Workload.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--only has \"\(name)\"; expected \(all).")
            }
            return found
        }
    }

    func run() async throws {
        try await Failures.reported {
            var table = Table([
                ("", .left), ("WORKLOAD", .left), ("FIGURE", .right), ("PEAK MEMORY", .right), ("CPU", .right),
            ])
            let place = try BenchPlace(store)
            if join { return try await BenchRun(workload: .w3x2, scale: scale, place: place).join() }
            for workload in try chosen() {
                let measurement = try await BenchRun(workload: workload, scale: scale, place: place).measure()
                if json { StandardStream.output.print(measurement.json) } else { table.add(measurement.cells) }
            }
            if !json { table.print(empty: "") }
        }
    }
}

/// What is measured.
enum Workload: String, Sendable, CaseIterable {
    case w1 = "W1"
    case w1c = "W1c"
    case w2 = "W2"
    case w3 = "W3"
    case w3x2 = "W3x2"
    case w4 = "W4"

    var title: String {
        switch self {
        case .w1: "submit one by one"
        case .w1c: "64 concurrent submitters"
        case .w2: "submit 1,000 a call"
        case .w3: "run stored jobs"
        case .w3x2: "run them in two processes"
        case .w4: "submit to start, idle"
        }
    }

    /// How many jobs at full scale.
    var jobs: Int {
        switch self {
        case .w1: 10_000
        case .w1c, .w3, .w3x2: 100_000
        case .w2: 200_000
        case .w4: 1000
        }
    }
}
#endif
