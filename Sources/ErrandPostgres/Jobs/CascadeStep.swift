#if Postgres
import Errand

/// What one transaction tells of the ends of jobs: first come, first served, as far as it has read and locked.
struct CascadeStep {
    /// A row of `job_dependencies`, and where it stands.
    struct Edge {
        var dependent: Int64
        var place: String
    }

    /// How many jobs it may tell.
    let limit: Int
    /// How many it has told.
    private(set) var told = 0
    /// The records that it is about, and those of the jobs that it cancelled.
    var cascades: [Cascade] = []
    /// Whether those are all that there are: else the ones of jobs that it cancels have to wait behind the others.
    var isWhole = true
    /// Those of them that hold no more.
    var void: Set<Int64> = []
    /// Who waits for a job, in order of their numbers; one more than may be told where there are so many.
    var edges: [Int64: [Edge]] = [:]
    /// The jobs that it meant to lock; those among them that are not held have ended.
    var foreseen: Set<Int64> = []

    private(set) var toldPlaces: [String] = []
    private(set) var finished: [Int64] = []
    /// The record that was followed in part.
    private(set) var advanced: Cascade?
    /// The sequence numbers of the records that are left.
    var unfinished: [Int64] = []
    private var next = 0

    init(limit: Int) { self.limit = limit }

    /// Whether there was anything to be done.
    var hasMoved: Bool { told > 0 || !finished.isEmpty }
    /// The records of jobs that it cancelled, and whose dependents have not all been told.
    var begun: [Cascade] { ([advanced].compactMap(\.self) + cascades[next...]).filter { $0.sequence == 0 } }

    /// Follows the records.
    ///
    /// - Parameter tell: Tells one job of an event; answers whether its row says no more that it waits, with the record
    ///   of its own end where it has been cancelled.
    /// - Throws: What telling one throws.
    mutating func follow(_ tell: (Int64, JobEvent) throws(JobStoreError) -> (isTold: Bool, end: Cascade?))
        throws(JobStoreError)
    {
        while told < limit, next < cascades.count, isWhole || cascades[next].sequence != 0 {
            var cascade = cascades[next]
            let rest = void.contains(cascade.sequence) ? [] : edges[cascade.job] ?? []
            for edge in rest {
                // What was not foreseen is not locked: another transaction tells it.
                guard told < limit, foreseen.contains(edge.dependent) else { return advance(cascade) }
                let (isTold, end) = try tell(edge.dependent, cascade.event)
                if isTold { toldPlaces.append(edge.place) }
                if let end, edges[end.job]?.isEmpty == false { cascades.append(end) }
                cascade.reached = edge.dependent
                told += 1
            }
            guard told < limit else { return advance(cascade) }
            next += 1
            if cascade.sequence != 0 { finished.append(cascade.sequence) }
        }
    }

    private mutating func advance(_ cascade: Cascade) {
        next += 1
        advanced = cascade
    }
}
#endif
