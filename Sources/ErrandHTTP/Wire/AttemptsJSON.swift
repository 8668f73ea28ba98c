#if Server
import Errand
import FoundationEssentials

/// A job's runs, the first one first: those that were kept, and the one that is under way or completed it.
struct AttemptsJSON {
    static let schema = Schema.array(
        Schema.object([
            "attempt": .count,
            "fence": Schema.count.about("The number of the claim."),
            "workerId": .text.optional,
            "startedAt": .time.optional,
            "endedAt": .time.optional,
            "outcome": .words(["running", "completed"] + RunRecord.Outcome.allCases.map(\.rawValue)),
            "failure": Schema.object(["code": .text.optional, "message": .text.optional]).optional,
        ]).named("Attempt")
    )

    let job: Job

    func write(to writer: inout JSONWriter) {
        writer.array { writer in
            for run in job.errors { writer.object { Self.write(run, to: &$0) } }
            writeLast(to: &writer)
        }
    }

    private func writeLast(to writer: inout JSONWriter) {
        guard job.tracking == nil, job.status == .running || job.status == .completed else { return }
        writer.object { writer in
            writer.member("attempt", job.attempt)
            writer.member("fence", job.fence)
            writer.memberIfPresent("workerId", job.workerId)
            writer.memberIfPresent("startedAt", job.startedAt)
            writer.memberIfPresent("endedAt", job.completedAt)
            writer.member("outcome", job.status == .running ? "running" : "completed")
        }
    }

    private static func write(_ run: RunRecord, to writer: inout JSONWriter) {
        writer.member("attempt", run.attempt)
        writer.member("fence", run.fence)
        writer.memberIfPresent("workerId", run.workerId)
        writer.member("startedAt", run.startedAt)
        writer.member("endedAt", run.endedAt)
        writer.member("outcome", run.outcome.rawValue)
        guard run.code != nil || run.message != nil else { return }
        writer.member("failure") { writer in
            writer.object { writer in
                writer.memberIfPresent("code", run.code)
                writer.memberIfPresent("message", run.message)
            }
        }
    }
}
#endif
