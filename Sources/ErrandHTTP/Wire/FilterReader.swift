#if Server
import Errand
import FoundationEssentials

/// Reads the filter of a bulk action: the names that a list of jobs takes, as members of an object.
struct FilterReader {
    private var filter = JobFilter()
    private var statusWords: [String]?

    static func read(_ object: JSONText) throws -> JobFilter {
        var given = FilterReader()
        try FieldReader.readItem(object, at: "/filter") { given.take($1, $2, &$0) }
        if let words = given.statusWords {
            do { given.filter.statuses = try StatusWords.statuses(words) } catch {
                throw Problem.field("/filter/status", "unknown-status", error.detail ?? "")
            }
        }
        return given.filter
    }

    private mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "status": statusWords = Self.words(name, value, &reader)
        case "type": filter.types = Self.words(name, value, &reader).map { Set($0.map { Name($0) }) }
        case "projectId": filter.projectId = reader.boundedName(name, value)
        case "queue": filter.queue = reader.boundedName(name, value)
        case "tag": filter.tag = reader.text(name, value)
        case "createdBy": filter.createdBy = reader.text(name, value, atMost: JobLimits.nameBytes)
        case "q": filter.search = reader.text(name, value)
        case "createdAfter": filter.createdAfter = reader.moment(name, value)
        case "createdBefore": filter.createdBefore = reader.moment(name, value)
        default: return false
        }
        return true
    }

    /// One word, or several.
    private static func words(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> [String]? {
        guard value.kind == .string else { return reader.names(name, value)?.map(\.text) }
        return reader.text(name, value, atMost: JobLimits.nameBytes).map { [$0] }
    }
}
#endif
