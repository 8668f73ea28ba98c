#if Server
import ArgumentParser
import Errand

/// A time span as people write it: `90s`, `5m`, `1h30m`, `250ms`, `2d`; a number alone is seconds.
struct DurationText: ExpressibleByArgument, Sendable {
    static let expectation = "a time span such as 30s, 5m, 1h30m or 2d"

    let duration: Duration

    init?(_ text: String) {
        if let seconds = Int64(text) {
            guard seconds >= 0, seconds <= Self.longest else { return nil }
            duration = .seconds(seconds)
            return
        }
        var rest = text[...]
        var total = Duration.zero
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let count = Int64(digits), count <= Self.longest, let length = Self.units[String(unit)] else {
                return nil
            }
            total += length * count
            guard total <= .seconds(Self.longest) else { return nil }
            rest = rest.dropFirst(digits.count + unit.count)
        }
        guard !text.isEmpty else { return nil }
        duration = total
    }

    init?(argument: String) { self.init(argument) }

    /// The time span in the fewest words that say it exactly, to the millisecond: `1h30m`, `1s500ms`.
    static func format(_ duration: Duration) -> String {
        var rest = duration.wholeMilliseconds
        var text = ""
        for (unit, length) in units.sorted(by: { $0.value > $1.value }) {
            let (count, after) = rest.quotientAndRemainder(dividingBy: length.wholeMilliseconds)
            if count > 0 { text += "\(count)\(unit)" }
            rest = after
        }
        return text.isEmpty ? "0s" : text
    }

    /// Ten years: long enough for everybody, and far from any overflow.
    private static let longest: Int64 = 315_360_000
    private static let units: [String: Duration] = [
        "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600), "d": .seconds(86400),
    ]
}
#endif
