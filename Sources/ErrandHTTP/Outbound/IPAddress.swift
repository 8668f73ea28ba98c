#if Server
// inet_pton and inet_ntop: the spelling of addresses that the system itself connects to.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An IP address, as its bytes: 4 of them, or 16.
struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    let bytes: [UInt8]

    init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// Reads four decimal numbers with dots between them, or IPv6; nothing shorter and no other base.
    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }

    var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
            return "?"
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether it is one of the internet's: nobody's own network, nothing of this machine, no group, no example.
    var isGlobal: Bool {
        if bytes.count == 4 { return !Self.special4.contains { $0.contains(bytes) } }
        // What a translator makes of an address of IPv4 leads where that does.
        if Self.translated.contains(bytes) { return IPAddress(bytes: bytes.suffix(4)).isGlobal }
        return Self.unicast6.contains(bytes) && !Self.special6.contains { $0.contains(bytes) }
    }

    /// Addresses that begin alike.
    private struct Block: Sendable {
        let prefix: [UInt8]
        let bits: Int

        func contains(_ address: [UInt8]) -> Bool {
            guard address.count == prefix.count else { return false }
            for index in 0..<(bits + 7) / 8 {
                let mask = bits - index * 8 >= 8 ? UInt8.max : ~(UInt8.max >> (bits - index * 8))
                if address[index] & mask != prefix[index] & mask { return false }
            }
            return true
        }

        init(_ bytes: UInt8..., of length: Int, bits: Int) {
            prefix = bytes + [UInt8](repeating: 0, count: length - bytes.count)
            self.bits = bits
        }
    }

    /// IANA's special-purpose registry, multicast, and what is reserved or was given back.
    private static let special4: [Block] = [
        Block(0, of: 4, bits: 8), Block(10, of: 4, bits: 8), Block(100, 64, of: 4, bits: 10),
        Block(127, of: 4, bits: 8), Block(169, 254, of: 4, bits: 16), Block(172, 16, of: 4, bits: 12),
        Block(192, 0, 0, of: 4, bits: 24), Block(192, 0, 2, of: 4, bits: 24), Block(192, 88, 99, of: 4, bits: 24),
        Block(192, 168, of: 4, bits: 16), Block(198, 18, of: 4, bits: 15), Block(198, 51, 100, of: 4, bits: 24),
        Block(203, 0, 113, of: 4, bits: 24), Block(224, of: 4, bits: 4), Block(240, of: 4, bits: 4),
    ]
    /// All that is given out of IPv6; whatever lies outside, such as `::1`, `fc00::/7` or `::ffff:0:0/96`, is special.
    private static let unicast6 = Block(0x20, of: 16, bits: 3)
    /// Protocols with Teredo among them, examples, 6to4.
    private static let special6: [Block] = [
        Block(0x20, 0x01, 0, 0, of: 16, bits: 23), Block(0x20, 0x01, 0x0d, 0xb8, of: 16, bits: 32),
        Block(0x20, 0x02, of: 16, bits: 16), Block(0x3f, 0xff, 0, of: 16, bits: 20),
    ]
    /// NAT64's well-known prefix, `64:ff9b::/96`.
    private static let translated = Block(0, 0x64, 0xff, 0x9b, of: 16, bits: 96)
}
#endif
