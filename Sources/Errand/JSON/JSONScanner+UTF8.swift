extension JSONScanner {
    /// Scans one character of two to four bytes, and the plain ones after it.
    mutating func nonASCII() throws(JSONFault) {
        let length = sequenceLength()
        guard length > 0 else { throw JSONFault(reason: .invalidUTF8, offset: position) }
        position += length
        if position < bytes.count, bytes[position] < 0x80 { position = bytes.firstSpecial(from: position) }
    }

    /// The length of the UTF-8 sequence that starts here; 0 when it is not well formed (Unicode, table 3-7).
    @inline(__always)
    private func sequenceLength() -> Int {
        let lead = bytes[position]
        switch lead {
        case 0xC2...0xDF: return follows(1, 0x80...0xBF) ? 2 : 0
        case 0xE0: return follows(1, 0xA0...0xBF) && follows(2, 0x80...0xBF) ? 3 : 0
        case 0xED: return follows(1, 0x80...0x9F) && follows(2, 0x80...0xBF) ? 3 : 0
        case 0xE1...0xEF: return follows(1, 0x80...0xBF) && follows(2, 0x80...0xBF) ? 3 : 0
        case 0xF0...0xF4:
            let second: ClosedRange<UInt8> = lead == 0xF0 ? 0x90...0xBF : lead == 0xF4 ? 0x80...0x8F : 0x80...0xBF
            return follows(1, second) && follows(2, 0x80...0xBF) && follows(3, 0x80...0xBF) ? 4 : 0
        default: return 0
        }
    }

    @inline(__always)
    private func follows(_ distance: Int, _ range: ClosedRange<UInt8>) -> Bool {
        position + distance < bytes.count && range.contains(bytes[position + distance])
    }
}
