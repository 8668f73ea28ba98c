#if Server
import Errand
import FoundationEssentials

/// The body of a bulk submit: several jobs, stored all together or each by itself.
struct BulkSubmission {
    /// The most jobs that one request may have.
    static let mostJobs = 1000

    static func schema(_ types: JobTypes) -> Schema {
        Schema.fields([
            "jobs": .array(JobSubmission.schema(types, inBulk: true), count: 1...mostJobs),
            "atomic": Schema.boolean.about("Whether one that is refused refuses all.").standard("true").optional,
        ])
    }

    /// Each job, or what is wrong with it.
    let jobs: [Result<NewJob, Problem>]
    /// Whether one that is refused refuses all.
    let isAtomic: Bool
    /// By what the request is known when it comes again: of all its jobs, and of those too that are refused.
    let fingerprint: SubmitFingerprint

    /// Reads the body.
    ///
    /// - Parameters:
    ///   - body: What was sent.
    ///   - types: Those that jobs may have.
    ///   - made: The identifier of a job that gives none of its own, by its place; others may refer to it.
    /// - Throws: ``Problem`` for what is wrong with the body as a whole.
    init(_ body: JSONText, types: JobTypes, made: @escaping (Int) -> JobID? = { _ in nil }) throws {
        var elements: [JSONText]?
        var isAtomic = true
        var reader = FieldReader.read(try body.object()) { reader, name, value in
            switch name {
            case "jobs": elements = reader.array(name, value)
            case "atomic": isAtomic = reader.bool(name, value) ?? true
            default: return false
            }
            return true
        }
        let count = elements?.count ?? 0
        if !(1...Self.mostJobs).contains(count) {
            reader.refuse("jobs", "out-of-range", "jobs has \(count) jobs; it must have 1 to \(Self.mostJobs).")
        }
        try reader.finish()
        self.isAtomic = isAtomic
        let references = BulkReferences(elements: elements ?? [], made: made)
        let read: [Result<NewJob, Problem>] = references.elements.enumerated().map { index, element in
            do {
                let resolved = try references.resolved(element, at: index)
                return .success(try JobSubmission.job(from: resolved, types: types, isKeyed: true))
            } catch { return .failure(Problem(error).under("/jobs/\(index)")) }
        }
        jobs = BulkReferences.inOrder(read)
        let parts = zip(jobs, elements ?? []).map { job, element in
            guard case .success(let job) = job else {
                let digest = SubmitDigest(element)
                return SubmitFingerprint(said: digest, meant: digest)
            }
            return job.fingerprint
        }
        fingerprint = SubmitFingerprint(whole: parts, isAtomic ? "all" : "each")
    }

    /// Whether a store refused a job for the id that the request gives it.
    func isAboutOwnID(_ error: any Error) -> Bool {
        guard let pointer = (error as? JobStoreError)?.pointer, pointer.hasSuffix("/id"),
            let index = Int(pointer.dropFirst().prefix { $0 != "/" }), jobs.indices.contains(index),
            case .success(let job) = jobs[index]
        else { return false }
        return job.id != nil
    }

    /// What a store is told of the request with one of its jobs.
    ///
    /// - Parameters:
    ///   - index: The job's place.
    ///   - id: The request's own identifier.
    /// - Returns: What the job says and the request; nil for one that is refused.
    func request(at index: Int, under id: JobID) -> NewJob.Request? {
        guard case .success(let job) = jobs[index] else { return nil }
        return NewJob.Request(
            said: job.request?.said ?? job.said(leavingOut: []),
            whole: NewJob.Request.Whole(id: id, fingerprint: fingerprint, namesJob: job.id == nil)
        )
    }
}

extension Problem {
    /// The same problem of a part of a larger body.
    func under(_ pointer: String) -> Problem {
        var problem = self
        problem.parts = parts.map { part in
            var part = part
            part.pointer = pointer + (part.pointer ?? "")
            return part
        }
        return problem
    }
}
#endif
