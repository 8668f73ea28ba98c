#if Server
import Errand
import ErrandPostgres
import ErrandSQLite
import FoundationEssentials

/// What checks saw, one after the other.
struct Diagnosis {
    let checks: [DiagnosticCheck]

    /// Everything about an installation.
    init(of settings: Settings) {
        checks = settings.store.diagnosticChecks + [.files(settings.filesFolder)] + settings.identityChecks
    }

    /// Runs every check, and tells of each finding.
    ///
    /// - Returns: The worst that was seen.
    func run(_ report: (_ name: String, Finding) -> Void) async -> Finding.Verdict {
        var worst = Finding.Verdict.ok
        for check in checks {
            for finding in await check.run() {
                report(check.name, finding)
                worst = max(worst, finding.verdict)
            }
        }
        return worst
    }
}

extension StoreLocation {
    fileprivate var diagnosticChecks: [DiagnosticCheck] {
        switch self {
        case .sqlite(let path): SQLiteJobStore.diagnosticChecks(ofFile: path)
        #if Postgres
        case .postgres(let url): url.diagnosticChecks
        #endif
        }
    }
}

extension DiagnosticCheck {
    /// Whether the folder of uploads and results can be used; it is only looked at, as a server may be at it.
    fileprivate static func files(_ folder: String) -> DiagnosticCheck {
        DiagnosticCheck("files") {
            let files = FileManager.default
            let isThere = files.fileExists(atPath: folder)
            let parent = URL(filePath: folder).deletingLastPathComponent().path
            guard files.isWritableFile(atPath: isThere ? folder : parent.isEmpty ? "." : parent) else {
                return [
                    .problem(
                        "The folder of files, \(folder), cannot be \(isThere ? "written" : "made").",
                        advice: "Let the user that runs errand write there, or name another folder with --files."
                    )
                ]
            }
            return [.ok("The folder of files, \(folder), can be \(isThere ? "written" : "made").")]
        }
    }
}
#endif
