#if Server
import Errand

/// The outcome of one workload.
struct Measurement: Sendable {
    enum Figure: Sendable {
        case rate(perSecond: Double)
        case latency(p50: Duration, p99: Duration)
    }

    let workload: Workload
    let jobs: Int
    let figure: Figure
    let usage: ProcessUsage

    /// One line for a program.
    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("name", workload.rawValue)
            writer.member("jobs", jobs)
            switch figure {
            case .rate(let rate): writer.member("perSecond", rate.rounded())
            case .latency(let p50, let p99):
                writer.member("p50Milliseconds", p50 / .milliseconds(1))
                writer.member("p99Milliseconds", p99 / .milliseconds(1))
            }
            writer.member("peakBytes", usage.peakBytes)
            writer.member("cpuSeconds", (usage.cpuSeconds * 1000).rounded() / 1000)
        }
        return writer.text.string
    }

    /// One row for people.
    var cells: [String?] {
        let text: String =
            switch figure {
            case .rate(let rate): "\(Int(rate).grouped)/s"
            case .latency(let p50, let p99): "p50 \(Self.milliseconds(p50)), p99 \(Self.milliseconds(p99)) ms"
            }
        let cpu = "\((usage.cpuSeconds * 100).rounded() / 100) s"
        return [workload.rawValue, "\(workload.title) (\(jobs.grouped))", text, Human.bytes(usage.peakBytes), cpu]
    }

    private static func milliseconds(_ duration: Duration) -> Double { (duration / .microseconds(10)).rounded() / 100 }
}
#endif
