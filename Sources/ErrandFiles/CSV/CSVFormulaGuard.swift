#if Files
/// Tells cells that a spreadsheet would run as a formula.
enum CSVFormulaGuard {
    /// Whether a text starts as a formula does and is not wholly a number, such as `-12.5`, `+3` or `1e9`.
    static func isNeeded(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch text.first {
        case ASCII.equals, ASCII.at, ASCII.tab, ASCII.carriageReturn: true
        case ASCII.plus, ASCII.minus: !isNumber(text.dropFirst())
        default: false
        }
    }

    /// Whether a text is digits with at most one point among or beside them, and perhaps an exponent.
    private static func isNumber(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let digits = ASCII.zero...ASCII.nine
        var rest = text.drop(while: digits.contains)
        var count = text.count - rest.count
        if rest.first == ASCII.dot {
            let fraction = rest.dropFirst()
            rest = fraction.drop(while: digits.contains)
            count += fraction.count - rest.count
        }
        return count > 0 && (rest.isEmpty || isExponent(rest))
    }

    private static func isExponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard text.first == UInt8(ascii: "e") || text.first == UInt8(ascii: "E") else { return false }
        let sign = text.dropFirst()
        let digits = sign.first == ASCII.plus || sign.first == ASCII.minus ? sign.dropFirst() : sign
        return !digits.isEmpty && digits.allSatisfy((ASCII.zero...ASCII.nine).contains)
    }
}
#endif
