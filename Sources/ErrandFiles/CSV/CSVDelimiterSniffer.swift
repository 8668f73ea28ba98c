#if Files
/// Finds the delimiter of a CSV input from its first bytes.
enum CSVDelimiterSniffer {
    /// The bytes looked at: 16 KiB.
    static let sampleLength = 16 << 10

    /// The delimiters that are tried, likelier first.
    static let candidates = [ASCII.comma, ASCII.semicolon, ASCII.tab, ASCII.bar]

    private static let maxRecords = 200

    private struct Candidate {
        let delimiter: UInt8
        /// The part of the records that have the usual width, 0 to 1.
        let share: Double
        /// The usual width, in fields.
        let width: Int
    }

    /// Finds the delimiter that cuts the most records to one width of two fields or more; the wider of equals.
    ///
    /// - Parameters:
    ///   - sample: The first bytes of the input.
    ///   - isWhole: Whether they are all there is, so that the last record counts too.
    /// - Returns: The delimiter; a comma where none is found.
    static func delimiter(of sample: [UInt8], isWhole: Bool) -> UInt8 {
        let found = candidates.map { measure($0, sample, isWhole) }.filter { $0.width > 1 }
        let share = found.map(\.share).max() ?? 0
        var best = found.filter { $0.share == share }
        if best.count > 1 && hasOnlyDecimalCommas(sample) { best.removeAll { $0.delimiter == ASCII.comma } }
        let width = best.map(\.width).max()
        return best.first { $0.width == width }?.delimiter ?? ASCII.comma
    }

    private static func measure(_ delimiter: UInt8, _ sample: [UInt8], _ isWhole: Bool) -> Candidate {
        let widths = widths(delimiter, sample, isWhole)
        var counts: [Int: Int] = [:]
        for width in widths { counts[width, default: 0] += 1 }
        let usual = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
        let share = Double(usual?.value ?? 0) / Double(max(widths.count, 1))
        return Candidate(delimiter: delimiter, share: share, width: usual?.key ?? 0)
    }

    private static func widths(_ delimiter: UInt8, _ sample: [UInt8], _ isWhole: Bool) -> [Int] {
        var parser = CSVRecordParser(delimiter: delimiter)
        var widths: [Int] = []
        parser.parse(sample) { widths.append($0.count) }
        // A record that the sample cuts off says nothing, unless it is the only one.
        if isWhole || widths.isEmpty { parser.finish { widths.append($0.count) } }
        return Array(widths.prefix(maxRecords))
    }

    /// Tells `1,5;2,25` from `a,b;c`: commas between digits only are decimal marks if another delimiter does as well.
    private static func hasOnlyDecimalCommas(_ sample: [UInt8]) -> Bool {
        let digits = ASCII.zero...ASCII.nine
        return sample.indices.allSatisfy { index in
            guard sample[index] == ASCII.comma else { return true }
            guard index > 0, index + 1 < sample.count else { return false }
            return digits.contains(sample[index - 1]) && digits.contains(sample[index + 1])
        }
    }
}
#endif
