#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

/// Real data, where it lies beside the checkout or where `ERRAND_SHARED_DATA` says.
@Suite("OpenFlights", .timeLimit(.minutes(5)))
struct OpenFlightsTests {
    static let folder: String? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/data")
        let candidates = [ProcessInfo.processInfo.environment["ERRAND_SHARED_DATA"], root.standardizedFileURL.path()]
        return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: "\($0)/openflights") }
    }()

    @Test(
        "openflights imports without a row lost and comes out as it went in",
        arguments: [
            ("routes.dat", 67_663), ("airports.dat", 7_698),
        ]
    )
    func counts(_ name: String, _ rows: Int) async throws {
        guard let folder = Self.folder else {
            Issue.record("did not run: there is no ../shared/data; set ERRAND_SHARED_DATA", severity: .warning)
            return
        }
        let work = try FileWork()
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: "\(folder)/openflights/\(name)")))
        let result = try await work.importFile(work.upload(bytes), #","csv":{"header":false}"#)
        #expect(result.count("recordsProcessed") == Int64(rows))
        #expect(result.count("errors") == 0)
        work.datasets.state.withLock { $0.checkpoint = nil }
        let export = try await work.export(#","csv":{"header":false,"formulaGuard":false}"#)
        let again = try FileWork()
        let file = try await work.content(of: #require(export.files.first))
        _ = try await again.importFile(again.upload(file), #","csv":{"header":false}"#)
        #expect(again.datasets.rows == work.datasets.rows)
    }
}
#endif
