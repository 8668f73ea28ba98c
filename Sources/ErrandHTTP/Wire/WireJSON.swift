#if Server
package import Errand
package import FoundationEssentials

/// The documents of the API without its server, for a program that opens the store itself and shows the same.
package enum WireJSON {
    /// A job as ``JobRoutes`` shows it; of a list without its metadata.
    package static func job(_ job: Job, now: Date, isOfList: Bool = false) -> JSONText {
        let json = JobJSON(job: job, now: now)
        return text { (isOfList ? json : json.showingMetadata()).write(to: &$0) }
    }

    /// A job as its submitter is shown it: whether it was there, or was replaced.
    package static func submitted(_ job: Job, _ inserted: InsertedJob, now: Date) -> JSONText {
        var json = JobJSON(job: job, now: now).showingMetadata()
        json.submitOutcome = inserted.firstOutcome
        return text { json.write(to: &$0) }
    }

    /// A queue.
    package static func queue(_ queue: QueueState) -> JSONText { text { QueueJSON.write(queue, to: &$0) } }

    /// A worker.
    package static func worker(_ worker: LiveWorker) -> JSONText { text { WorkerJSON.write(worker, to: &$0) } }

    /// A dataset.
    package static func dataset(_ dataset: Dataset) -> JSONText { text { DatasetJSON.write(dataset, to: &$0) } }

    /// Counts by status.
    package static func counts(_ counts: StatusCounts) -> JSONText { text { StatusCountsJSON.write(counts, to: &$0) } }

    /// Reads the body of a submit as the API does; throws a sentence about what is wrong with it.
    package static func newJob(from body: JSONText, types: JobTypes) throws -> NewJob {
        do { return try JobSubmission.job(from: body, types: types) } catch let problem as Problem {
            throw JobStoreError(.invalid, problem.sentence)
        }
    }

    /// Makes an API key for whoever may open the store: reads the body of `POST /api/keys` as the API does, and answers
    /// with the key and what is shown of it, its secret included.
    package static func newKey(from body: JSONText, now: Date) throws -> (key: APIKey, document: JSONText) {
        let wanted: KeyRequest
        do { wanted = try KeyRequest(body, for: .anyone, now: now) } catch let problem as Problem {
            throw JobStoreError(.invalid, problem.sentence)
        }
        var random = SystemRandomNumberGenerator()
        let (key, secret) = wanted.make(JobIDGenerator().next(at: now), at: now, random: &random)
        return (key, text { KeyJSON(key: key, secret: secret.text).write(to: &$0) })
    }

    /// An API key.
    package static func key(_ key: APIKey) -> JSONText { text { KeyJSON(key: key).write(to: &$0) } }

    private static func text(_ write: (inout JSONWriter) -> Void) -> JSONText {
        var writer = JSONWriter(reserving: 1024)
        write(&writer)
        return writer.text
    }
}

extension Problem {
    /// What is wrong, for a person.
    fileprivate var sentence: String {
        let parts = parts.map(\.detail)
        return parts.isEmpty ? detail ?? type.title : parts.joined(separator: " ")
    }
}
#endif
