import FoundationEssentials
import Testing

@testable import Errand

@Suite("numbers that were sent or stored end nothing", .timeLimit(.minutes(5)))
struct SaturatingTests {
    @Test("a floating-point number becomes the nearest whole one")
    func conversions() {
        let far: [(Double, Int64)] = [
            (1e300, .max), (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (1.9, 1), (-1.9, -1),
            (9.3e18, .max), (-0.0, 0), (.leastNonzeroMagnitude, 0),
        ]
        for (given, expected) in far { #expect(Int64(saturating: given) == expected) }
        #expect(UInt8(saturating: 256) == .max && UInt8(saturating: -1) == 0 && Int16(saturating: 4e4) == .max)
    }

    @Test("sums, differences and products stay at the ends")
    func arithmetic() {
        #expect(Int64.max.saturatingSum(1) == .max && Int64.min.saturatingSum(-1) == .min && 2.saturatingSum(3) == 5)
        #expect(Int64.min.saturatingDifference(1) == .min && Int64.max.saturatingDifference(-1) == .max)
        #expect(Int64(0).saturatingDifference(.min) == .max && 5.saturatingDifference(3) == 2)
        #expect(Int64.max.saturatingProduct(2) == .max && Int64.max.saturatingProduct(-2) == .min)
        #expect(Int64.min.saturatingProduct(-1) == .max && Int64.min.saturatingProduct(2) == .min)
        #expect(Int64.max.later(bySeconds: .max) == .max && Int64(0).later(bySeconds: 2) == 2000)
    }

    @Test("durations of any length can be counted")
    func durations() {
        for duration in [Duration.seconds(Int64.max), .seconds(Int64.max) + .seconds(Int64.max)] {
            #expect(duration.bounded == .longest && (.zero - duration).bounded == .zero - .longest)
            #expect(duration.wholeMilliseconds == Duration.longest.wholeMilliseconds)
            #expect(duration.seconds == Duration.longest.seconds && duration.secondsFromOne > 0)
        }
        #expect(Duration.seconds(Int64.min).secondsFromOne == 1 && Duration.milliseconds(1001).secondsFromOne == 2)
        for (seconds, expected) in [(1e300, Duration.longest), (-.infinity, .zero - .longest), (.nan, .zero)] {
            #expect(Duration(saturatingSeconds: seconds) == expected)
        }
        #expect(Duration(saturatingSeconds: 1.5) == .milliseconds(1500))
    }

    @Test("a policy's delays are times, whatever it was made of")
    func policies() throws {
        var random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
        for bound in [Duration.seconds(Int64.max), .zero, .seconds(Int64.min)] {
            for attempt in [Int.min, 0, 1, 41, .max] {
                let policy = RetryPolicy.exponential(base: bound, limit: bound)
                let delay = policy.delay(afterAttempt: attempt, error: CancellationError(), using: &random)
                #expect(try #require(delay) >= .zero)
            }
        }
        let rules = JobRules(retention: .seconds(Int64.max))
        #expect(JobLimits.expiries.contains(rules.expiry(after: Moment.latest.date)))
    }
}
