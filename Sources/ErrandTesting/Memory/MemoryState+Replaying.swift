import Errand
import FoundationEssentials

extension MemoryState {
    /// What the same submit was answered with before.
    func replay(
        of new: NewJob,
        at index: Int,
        scope: Scope,
        _ time: StoreTime
    ) throws(JobStoreError) -> InsertedJob? {
        guard let id = new.id else { return nil }
        if let number = numbers[id], let record = records[number] {
            guard scope.includes(record.job), new.repeats(record.fingerprint) else { throw .usedID(id, at: index) }
            return InsertedJob(id: id, number: number, outcome: .replayed)
        }
        if let answer = answers[id], answer.isKept(at: time.wall) {
            let number = try answer.job(for: new, tenantId: scope.tenantId, at: index)
            guard let job = records[number]?.job else { throw .goneJob(ofID: id, at: index) }
            return InsertedJob(id: job.id, number: number, outcome: .replayed, firstOutcome: answer.outcome)
        }
        if tombstones[.id(id), at: time] != nil { throw .goneJob(ofID: id, at: index) }
        return nil
    }

    /// Keeps in mind what a submit was answered with that made no job.
    mutating func keep(_ answer: InsertedJob, to new: NewJob, scope: Scope, _ time: StoreTime) {
        guard let kept = KeptAnswer(answer, to: new, tenantId: scope.tenantId, at: time.wall) else { return }
        answers[kept.id] = kept
    }

    /// Keeps in mind the request that a job is a part of, and refuses another one under the same id.
    mutating func keepRequest(of new: NewJob, scope: Scope, _ time: StoreTime) throws(JobStoreError) {
        guard let request = KeptAnswer(requestOf: new, tenantId: scope.tenantId, at: time.wall) else { return }
        if let earlier = answers[request.id], earlier.isKept(at: time.wall) { return try earlier.check(request) }
        answers[request.id] = request
    }

    mutating func forgetOldAnswers(at time: StoreTime) {
        answers = answers.filter { $0.value.isKept(at: time.wall) }
    }
}
