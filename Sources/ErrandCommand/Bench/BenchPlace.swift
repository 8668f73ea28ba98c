#if Server
import Errand
import FoundationEssentials
import Subprocess

/// Where a benchmark keeps its jobs.
enum BenchPlace: Sendable {
    /// A file of each workload's own, deleted afterwards.
    case temporaryFile
    /// A schema that is there already or is made, and stays.
    case shared(StoreLocation, url: String)

    private static let variable: Environment.Key = "ERRAND_BENCH_STORE"

    /// - Parameter store: What `--store` says; nil is what the process that began the run says, or a temporary file.
    /// - Throws: ``CommandFailure`` for what is no PostgreSQL.
    init(_ store: String?) throws {
        guard let store = store ?? ProcessInfo.processInfo.environment[Self.variable.rawValue] else {
            self = .temporaryFile
            return
        }
        let location: StoreLocation
        do throws(JobStoreError) {
            location = try StoreLocation(store)
        } catch {
            throw CommandFailure(.usage, "--store: \(error.message)")
        }
        guard location.isShared else {
            throw CommandFailure(.usage, "--store is for PostgreSQL; without it, SQLite is measured in its own file.")
        }
        self = .shared(location, url: store)
    }

    func withStore<Value>(_ body: (any InstallationStore) async throws -> Value) async throws -> Value {
        let (location, folder) = try prepare()
        defer { if let folder { Self.remove(folder) } }
        let store: any InstallationStore
        do throws(JobStoreError) {
            store = try await location.open(.serving, logger: BenchRun.logger)
        } catch {
            throw CommandFailure(ExitStatus(error), error.description)
        }
        defer { store.close() }
        return try await body(store)
    }

    /// Runs this program's benchmark once more beside this one, until the task is cancelled.
    func runBeside(_ arguments: [String]) async throws {
        guard case .shared(_, let url) = self else { return }
        // Everybody can read arguments, and the URL may hold a password.
        _ = try await Subprocess.run(
            .path(.thisProgram),
            arguments: Arguments(["bench"] + arguments),
            environment: .inherit.updating([Self.variable: url]),
            output: .discarded,
            error: .discarded
        )
    }

    private func prepare() throws -> (StoreLocation, folder: String?) {
        switch self {
        case .shared(let location, _): return (location, nil)
        case .temporaryFile:
            let folder = try Self.makeFolder()
            return (.sqlite(path: folder + "/bench.db"), folder)
        }
    }

    private static func makeFolder() throws -> String {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let folder = "\(parent)/errand-bench-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .cannotCreate,
                "Cannot make the folder \(folder); set TMPDIR to one that can be written."
            )
        }
        return folder
    }

    private static func remove(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            StandardStream.error.print("errand: \(folder) stays behind: \(error)")
        }
    }
}
#endif
