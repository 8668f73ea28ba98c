#if Server
import FoundationEssentials

// Numbers in what is signed, with the highest byte first.
extension Data {
    mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    func integer<Number: FixedWidthInteger>(at offset: Int) -> Number {
        self[offset..<offset + Number.bitWidth / 8].reduce(0) { $0 << 8 | Number($1) }
    }
}
#endif
