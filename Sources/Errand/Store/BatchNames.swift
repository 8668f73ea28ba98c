/// By which identifiers the jobs of one call go on, where a unique key answered some of them with another job.
///
/// What waits for a job of its own call names it by the identifier that the call gave it. That the store knows another
/// job in its place is decided in the same transaction, so only the store can tell.
package struct BatchNames {
    private var others: [JobID: JobID] = [:]

    package init() {}

    /// Notes what became of a job of the call.
    package mutating func note(_ job: NewJob, _ inserted: InsertedJob) {
        guard let given = job.id, given != inserted.id else { return }
        others[given] = inserted.id
    }

    /// The jobs that one of the call waits for, as the store knows them.
    package func after(of job: NewJob) -> [JobID] {
        guard !others.isEmpty else { return job.after }
        return job.after.map { others[$0] ?? $0 }
    }
}
