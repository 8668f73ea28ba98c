#if Server
import Errand
import FoundationEssentials

extension String {
    /// The text without control characters: names and messages come from strangers, and a terminal obeys escapes.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
    }

    /// How many columns of a terminal the text takes, near enough.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// The text cut to a number of columns, with an ellipsis where something was cut.
    func fitting(_ limit: Int) -> String {
        guard columns > limit else { return self }
        guard limit > 0 else { return "" }
        var text = ""
        var width = 0
        for character in self {
            guard width + character.columns < limit else { break }
            text.append(character)
            width += character.columns
        }
        return text + "…"
    }

    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - columns)) }
    func aligned(right width: Int) -> String { String(repeating: " ", count: max(0, width - columns)) + self }
}

extension Character {
    /// East Asian characters and emoji take two columns.
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

extension BinaryInteger {
    /// `1234567` as `1,234,567`.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }
}

/// Sizes and times as people read them.
enum Human {
    /// `1.5 MB`.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(count) bytes" : "\(oneDecimal(value)) \(units[unit])"
    }

    /// `3.2 s`, `5 min`.
    static func time(_ duration: Duration) -> String {
        let seconds = duration.seconds
        switch seconds {
        case ..<0.95: return "\(Int(saturating: (seconds * 1000).rounded())) ms"
        case ..<60: return "\(oneDecimal(seconds)) s"
        case ..<3600: return "\(Int(seconds / 60)) min \(Int(seconds) % 60) s"
        case ..<86400: return "\(Int(seconds / 3600)) h \(Int(seconds / 60) % 60) min"
        default: return "\(Int(seconds / 86400)) d"
        }
    }

    /// How long ago, or how soon, in one unit.
    static func age(_ date: Date, now: Date) -> String {
        let seconds = Duration(saturatingSeconds: now.timeIntervalSince(date)).seconds
        let text =
            switch abs(seconds) {
            case ..<60: "\(Int(abs(seconds))) s"
            case ..<3600: "\(Int(abs(seconds) / 60)) min"
            case ..<86400: "\(Int(abs(seconds) / 3600)) h"
            default: "\(Int(abs(seconds) / 86400)) d"
            }
        return seconds < 0 ? "in \(text)" : "\(text) ago"
    }

    /// `1 row`, `2 rows`.
    static func count(_ count: Int64, _ noun: String) -> String { "\(count.grouped) \(noun)\(count == 1 ? "" : "s")" }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = Int(saturating: (value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
#endif
