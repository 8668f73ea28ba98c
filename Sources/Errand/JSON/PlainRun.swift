extension UnsafeBufferPointer<UInt8> {
    /// The first byte from `start` on that is not plain inside a string: a quote, a backslash, a control or not ASCII.
    ///
    /// It looks at eight bytes at once. Each test sets the high bit of a byte it finds; a borrow can set one wrongly
    /// only above a byte that was found, so the lowest set bit is always right.
    @inline(__always)
    func firstSpecial(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index + 8 <= count, let base = baseAddress {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* UInt64(ASCII.quote))
            let backslash = word ^ (ones &* UInt64(ASCII.backslash))
            let found =
                word | (word &- ones &* 0x20) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
            let high = found & (ones &* 0x80)
            if high != 0 { return index + high.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, Self.isPlain(self[index]) { index += 1 }
        return index
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != ASCII.quote && byte != ASCII.backslash
    }
}
