#if Postgres
import Errand

/// What a batch of submits comes to, decided before anything is written, so that numbers go to what is stored only.
struct InsertPlan {
    enum Answer {
        /// One of the jobs to be stored, as the batch itself made it; of a replay, what the first submit came to.
        case new(Int, InsertedJob.Outcome, first: InsertedJob.Outcome? = nil)
        /// A job that is stored already.
        case stored(InsertedJob)
    }

    /// Who uses an upload, or has a webhook of its own.
    enum User: Equatable {
        /// One of the jobs to be stored.
        case new(Int)
        /// The stored job of a number, which a submit replaces.
        case stored(Int64)
    }

    struct Key: Hashable {
        var type: Name
        var key: Name
    }

    /// The jobs to be stored; they have no numbers yet.
    var jobs: [HeldJob] = []
    var answers: [Answer] = []
    /// Their places by id, where the client made it.
    var places: [JobID: Int] = [:]
    /// What a unique key answered jobs of the batch with, by the ids that the batch gave them.
    var aliases: [JobID: Answer] = [:]
    /// Which of them holds a unique key.
    var holders: [Key: Int] = [:]
    /// Stored jobs that are waited for, and who waits for them.
    var storedDependencies: [(dependency: Int64, dependent: Int)] = []
    /// The same among the jobs of the batch.
    var innerDependencies: [(dependency: Int, dependent: Int)] = []
    /// The jobs that come with a webhook of their own.
    var webhooks: [(job: User, webhook: JobWebhook)] = []
    /// Stored jobs that are replaced, and whether they wait for nobody any more.
    var replaced: [(number: Int64, isFree: Bool)] = []
    /// What submits of the batch are answered with that make no job of their own, by their ids.
    var keptHere: [JobID: (answer: KeptAnswer, given: Answer)] = [:]
    /// Requests of several jobs that the batch is of and that are not kept in mind yet.
    var requests: [KeptAnswer] = []
    /// Which job takes over an upload: the last that names it.
    var usedUploads: [JobID: User] = [:]

    // What is stored, as far as the batch names it.
    var known: [JobID: KnownJob] = [:]
    var buried: Set<JobID> = []
    /// What the same submits were answered with before, and the id of that job while it is there.
    var kept: [JobID: (answer: KeptAnswer, job: JobID?)] = [:]
    var storedHolders: [Key: Int64] = [:]
    var dependencies: [JobID: Int64] = [:]
    /// Those that may be used.
    var uploads: Set<JobID> = []

    /// A stored job that has the id of a submit.
    struct KnownJob {
        var number: Int64
        var tenant: Name?
        var project: Name?
        var fingerprint: String?
    }

    /// Where a job that one of the batch waits for is: among those to be stored, or stored under a number.
    func place(of id: JobID) -> (inner: Int?, number: Int64?) {
        if let inner = places[id] { return (inner, nil) }
        switch aliases[id] {
        case .new(let place, _, _): return (place, nil)
        case .stored(let job): return (nil, job.number)
        case nil: return (nil, dependencies[id])
        }
    }

    /// Adds a job, as it is to be stored.
    mutating func add(_ job: HeldJob, isClientMade: Bool) {
        let place = jobs.count
        jobs.append(job)
        answers.append(.new(place, .inserted))
        if isClientMade { places[job.job.id] = place }
        if let key = job.job.uniqueKey, !job.job.status.isTerminal {
            holders[Key(type: job.job.type, key: key)] = place
        }
    }
}
#endif
