#if Files
import ErrandFiles
import FoundationEssentials
import Testing

/// Files made by others.
///
/// They lie beside the checkout, or where `ERRAND_SHARED_DATA` says, and not in it.
@Suite("CSV files of others", .timeLimit(.minutes(5)))
struct CSVSharedDataTests {
    private static let folder: String? = {
        let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let given = ProcessInfo.processInfo.environment["ERRAND_SHARED_DATA"]
        let folder = given ?? "/\(package)/../shared/data"
        if FileManager.default.fileExists(atPath: "\(folder)/csv-spectrum/csvs") { return folder }
        print("DID NOT RUN: the CSV files of others are not at \(folder); set ERRAND_SHARED_DATA")
        return nil
    }()

    private static let spectrumNames = [
        "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines",
        "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8",
    ]

    private func bytes(_ path: String) throws -> Data {
        let folder = try #require(Self.folder)
        return try Data(contentsOf: URL(filePath: "\(folder)/\(path)"))
    }

    @Test("csv-spectrum reads to its JSON", .enabled(if: folder != nil, "no shared data"), arguments: spectrumNames)
    func spectrum(_ name: String) throws {
        let read = try readRows([Array(bytes("csv-spectrum/csvs/\(name).csv"))])
        let found = read.rows.map { Dictionary(uniqueKeysWithValues: zip(read.columns, $0)) }
        var expected = try decodeRows(bytes("csv-spectrum/json/\(name).json"))
        if name == "location_coordinates" {
            // The JSON there has another number than the CSV.
            expected[0]["Contact Phone Number"] = "2095257564"
        }
        #expect(found == expected)
        #expect(read.errors.isEmpty)
    }

    /// Decodes a list of objects, or the single object one file has.
    private func decodeRows(_ json: Data) throws -> [[String: String?]] {
        let decoder = JSONDecoder()
        if let rows = try? decoder.decode([[String: String?]].self, from: json) { return rows }
        return [try decoder.decode([String: String?].self, from: json)]
    }

    @Test(
        "openflights is read without a row lost",
        .enabled(if: folder != nil, "no shared data"),
        arguments: [("airports", 7_698, 14), ("airlines", 6_162, 8), ("routes", 67_663, 9)]
    )
    func openflights(_ name: String, _ rows: Int, _ columns: Int) throws {
        let data = try Array(bytes("openflights/\(name).dat"))
        let chunks = stride(from: 0, to: data.count, by: 65_536).map { Array(data[$0...].prefix(65_536)) }
        let read = try readRows(chunks, CSVOptions(header: .numbered, nullValues: ["\\N"]))
        #expect(read.rows.count == rows)
        #expect(read.columns.count == columns)
        #expect(read.errors.isEmpty)
        #expect(read.ends.last?.offset == data.count)
    }
}
#endif
