/// SHA-256 (FIPS 180-4), which the core has no library for.
///
/// It is taken of submits that carry an id or a key, and of nothing else.
struct SHA256Hash {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var schedule = [UInt32](repeating: 0, count: 64)

    /// The digest of bytes: eight words, the first of which holds the first four bytes.
    static func words(of bytes: [UInt8]) -> [UInt32] {
        var hash = SHA256Hash()
        let whole = bytes.count / 64 * 64
        bytes.withUnsafeBufferPointer { buffer in
            for start in stride(from: 0, to: whole, by: 64) {
                hash.add(block: UnsafeBufferPointer(rebasing: buffer[start..<start + 64]))
            }
        }
        // What is left, a one bit, zeros, and the length in bits as the last eight bytes.
        var rest = Array(bytes[whole...])
        rest.append(0x80)
        while rest.count % 64 != 56 { rest.append(0) }
        let bits = UInt64(bytes.count) &* 8
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            rest.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        rest.withUnsafeBufferPointer { buffer in
            for start in stride(from: 0, to: buffer.count, by: 64) {
                hash.add(block: UnsafeBufferPointer(rebasing: buffer[start..<start + 64]))
            }
        }
        return hash.state
    }

    private mutating func add(block: UnsafeBufferPointer<UInt8>) {
        fillSchedule(from: block)
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for round in 0..<64 {
            let high = h &+ Self.bigSigma1(e) &+ (e & f ^ ~e & g) &+ Self.constants[round] &+ schedule[round]
            let low = Self.bigSigma0(a) &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e) = (g, f, e, d &+ high)
            (d, c, b, a) = (c, b, a, high &+ low)
        }
        for (place, word) in [a, b, c, d, e, f, g, h].enumerated() { state[place] &+= word }
    }

    private mutating func fillSchedule(from block: UnsafeBufferPointer<UInt8>) {
        for place in 0..<16 {
            let bytes = block[4 * place..<4 * place + 4]
            schedule[place] = bytes.reduce(0) { $0 << 8 | UInt32($1) }
        }
        for place in 16..<64 {
            let (two, fifteen) = (schedule[place - 2], schedule[place - 15])
            schedule[place] =
                schedule[place - 16] &+ Self.smallSigma0(fifteen) &+ schedule[place - 7] &+ Self.smallSigma1(two)
        }
    }

    private static func turned(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }
    private static func bigSigma0(_ x: UInt32) -> UInt32 { turned(x, 2) ^ turned(x, 13) ^ turned(x, 22) }
    private static func bigSigma1(_ x: UInt32) -> UInt32 { turned(x, 6) ^ turned(x, 11) ^ turned(x, 25) }
    private static func smallSigma0(_ x: UInt32) -> UInt32 { turned(x, 7) ^ turned(x, 18) ^ x >> 3 }
    private static func smallSigma1(_ x: UInt32) -> UInt32 { turned(x, 17) ^ turned(x, 19) ^ x >> 10 }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
