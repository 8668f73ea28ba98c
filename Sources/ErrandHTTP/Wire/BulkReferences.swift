#if Server
import Errand

/// How the jobs of one bulk submit name each other in `after`: by the place in the request, as a pointer into its body
/// (RFC 6901, section 6), or by the id that the request itself gives another job.
///
/// Either way a job stands behind those it waits for, so that none can wait for itself in a circle.
struct BulkReferences {
    /// What a reference by place looks like: `#/jobs/3`.
    static let pattern = "^#/jobs/(0|[1-9][0-9]{0,2})$"
    private static let start = "#/jobs/"

    /// The jobs of the request.
    let elements: [JSONText]
    /// The identifier that a job has which gives none of its own; nil where the request has no key.
    let made: (Int) -> JobID?

    /// A job with references by place made identifiers.
    func resolved(_ element: JSONText, at index: Int) throws(Problem) -> JSONText {
        // Most have none, and are not looked into twice.
        guard element.string.contains("\"" + Self.start), element.kind == .object else { return element }
        // It is an object, and what is none in it, or no array, is refused where the job is read.
        let members = (try? element.object().members) ?? []
        // As above.
        guard let after = members.first(where: { $0.name == "after" })?.value, let waited = try? after.elements()
        else { return element }
        var ids: [JSONText] = []
        for (place, text) in waited.enumerated() {
            ids.append(try identifier(text, at: place, of: index))
        }
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in members {
                writer.member(name) { writer in
                    if name == "after" {
                        writer.array { writer in for id in ids { writer.value(id) } }
                    } else {
                        writer.value(value)
                    }
                }
            }
        }
        return writer.text
    }

    private func identifier(_ text: JSONText, at place: Int, of index: Int) throws(Problem) -> JSONText {
        guard let reference = text.stringValue, reference.hasPrefix(Self.start) else { return text }
        let pointer = "/after/\(place)"
        let digits = reference.dropFirst(Self.start.count)
        guard let target = Int(digits), digits == "\(target)", elements.indices.contains(target) else {
            let range = "0 to \(elements.count - 1)"
            let detail = "after[\(place)] is \"\(reference.quotable)\"; the request has the jobs \(range)."
            throw .field(pointer, "out-of-range", detail)
        }
        guard target < index else { throw Self.misplaced(pointer, place, target, index) }
        // Without a key the whole request is refused.
        guard let id = ownID(of: target) ?? made(target) else { return text }
        var writer = JSONWriter()
        writer.value(id.description)
        return writer.text
    }

    private func ownID(of index: Int) -> JobID? {
        guard elements[index].kind == .object else { return nil }
        // An object that cannot be read is refused where the job is read.
        return (try? elements[index].object()["id"])?.stringValue.flatMap { JobID($0) }
    }

    /// Refuses the jobs that wait for one which the request has further behind, or for themselves.
    static func inOrder(_ jobs: [Result<NewJob, Problem>]) -> [Result<NewJob, Problem>] {
        var places: [JobID: Int] = [:]
        for (index, job) in jobs.enumerated() {
            guard case .success(let job) = job, let id = job.id, places[id] == nil else { continue }
            places[id] = index
        }
        guard !places.isEmpty else { return jobs }
        return jobs.enumerated().map { index, job in
            job.flatMap { new in
                for (place, id) in new.after.enumerated() {
                    guard let target = places[id], target >= index else { continue }
                    return .failure(misplaced("/jobs/\(index)/after/\(place)", place, target, index))
                }
                return .success(new)
            }
        }
    }

    private static func misplaced(_ pointer: String, _ place: Int, _ target: Int, _ index: Int) -> Problem {
        let why = target == index ? "is the job itself" : "stands behind this one; put it before"
        return .field(pointer, "order", "after[\(place)] names job \(target) of the request, which \(why).")
    }
}
#endif
