// Arithmetic on numbers that somebody sent or stored: Swift's own operators and conversions end the process where the
// result does not fit. These go as far as there are numbers, and stay there.

extension FixedWidthInteger {
    /// The whole number nearest to a floating-point one, cut towards zero; zero for what is not a number.
    package init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value > 0 ? .max : value < 0 ? .min : 0
        }
    }

    /// The sum, or the nearest number there is.
    package func saturatingSum(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the nearest number there is.
    package func saturatingDifference(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    /// The product, or the nearest number there is.
    package func saturatingProduct(_ other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}

extension Int64 {
    /// A time in milliseconds, so many seconds later.
    package func later(bySeconds seconds: Int64) -> Int64 { saturatingSum(seconds.saturatingProduct(1000)) }
}

extension Duration {
    /// Ten thousand years: from any moment to beyond any other, and short enough to be counted in microseconds.
    package static let longest = Duration.seconds(10_000 * 365 * 86400)

    /// So many seconds, and at most ``longest`` in either direction; none for what is not a number.
    package init(saturatingSeconds seconds: Double) {
        let bound = Duration.longest.seconds
        // Written so that NaN ends at zero and not in the conversion, which would trap.
        self = seconds >= bound ? .longest : seconds <= -bound ? .zero - .longest : .zero
        if abs(seconds) < bound { self = .seconds(seconds) }
    }

    /// The duration, at most ``longest`` in either direction.
    package var bounded: Duration { min(max(self, .zero - .longest), .longest) }

    /// Whole seconds, rounded up, of which there are at least one; how timeouts are kept.
    package var secondsFromOne: Int { max(1, Int(saturating: bounded.seconds.rounded(.up))) }
}
