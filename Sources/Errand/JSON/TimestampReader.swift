/// Reads one RFC 3339 time; each step is nil when the text is not what the step reads.
struct TimestampReader {
    let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Milliseconds since 1970.
    mutating func milliseconds() -> Int64? {
        guard let days = date(), take("T", or: "t"), let time = timeOfDay(), let offset = offsetMinutes(),
            position == bytes.count
        else { return nil }
        let minutes = days * 1440 + time.minutes - offset
        guard time.seconds == 60 else { return minutes * 60000 + time.seconds * 1000 + time.milliseconds }
        // A leap second is inserted at midnight UTC and nowhere else.
        let minuteOfDay = ((minutes % 1440) + 1440) % 1440
        return minuteOfDay == 1439 ? minutes * 60000 + 59999 : nil
    }

    private mutating func date() -> Int64? {
        guard let year = number(width: 4), take("-"), let month = number(width: 2), take("-"),
            let day = number(width: 2)
        else { return nil }
        let civil = CivilDate(year: year, month: month, day: day)
        return civil.isValid ? civil.daysSince1970 : nil
    }

    private mutating func timeOfDay() -> (minutes: Int64, seconds: Int64, milliseconds: Int64)? {
        guard let minutes = hoursAndMinutes(), take(":"), let seconds = number(width: 2), seconds <= 60 else {
            return nil
        }
        guard take(".") else { return (minutes, seconds, 0) }
        guard let milliseconds = fraction() else { return nil }
        return (minutes, seconds, milliseconds)
    }

    /// One digit or more, of which three count.
    private mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while position < bytes.count, ASCII.isDigit(bytes[position]) {
            if digits < 3 { value = value * 10 + Int64(bytes[position] - ASCII.zero) }
            digits += 1
            position += 1
        }
        guard digits > 0 else { return nil }
        return digits == 1 ? value * 100 : digits == 2 ? value * 10 : value
    }

    private mutating func offsetMinutes() -> Int64? {
        if take("Z", or: "z") { return 0 }
        let isNegative = take("-")
        guard isNegative || take("+"), let minutes = hoursAndMinutes() else { return nil }
        return isNegative ? -minutes : minutes
    }

    private mutating func hoursAndMinutes() -> Int64? {
        guard let hours = number(width: 2), hours <= 23, take(":"), let minutes = number(width: 2), minutes <= 59 else {
            return nil
        }
        return hours * 60 + minutes
    }

    private mutating func number(width: Int) -> Int64? {
        guard position + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for _ in 0..<width {
            guard ASCII.isDigit(bytes[position]) else { return nil }
            value = value * 10 + Int64(bytes[position] - ASCII.zero)
            position += 1
        }
        return value
    }

    private mutating func take(_ scalar: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
        guard position < bytes.count else { return false }
        let found = Unicode.Scalar(bytes[position])
        guard found == scalar || found == other else { return false }
        position += 1
        return true
    }
}
