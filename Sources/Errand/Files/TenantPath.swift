/// A tenant's name as folder names: percent-encoded, and cut where one folder's name would be too long for a file
/// system.
///
/// A part that goes on in the next ends with a lone `%`, which percent-encoding never leaves, so the parts cannot be
/// taken for anything else.
package struct TenantPath: Sendable {
    private static let longestPart = 200

    package let text: String

    package init(encoding tenant: Name) {
        var parts: [[UInt8]] = [[]]
        for byte in tenant.utf8 {
            var unit = Self.encoded(byte, first: parts[parts.count - 1].isEmpty)
            if parts[parts.count - 1].count + unit.count > Self.longestPart {
                parts[parts.count - 1].append(UInt8(ascii: "%"))
                parts.append([])
                unit = Self.encoded(byte, first: true)
            }
            parts[parts.count - 1] += unit
        }
        // No store keeps U+0000, so no other tenant is written like the one without a name.
        if tenant.isEmpty { parts = [Array("%00".utf8)] }
        text = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    /// Takes a tenant's parts off the front; false when they are not such.
    package static func skip(_ components: inout ArraySlice<Substring>) -> Bool {
        while let part = components.popFirst() {
            let goesOn = part.last == "%"
            guard isPart(goesOn ? part.dropLast() : part) else { return false }
            if !goesOn { return true }
        }
        return false
    }

    private static func isPart(_ part: Substring) -> Bool {
        guard !part.isEmpty, part.utf8.count <= longestPart, part.first != "." else { return false }
        var bytes = part.utf8[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                if isPlain(byte) { continue }
                return false
            }
            guard let high = bytes.popFirst(), let low = bytes.popFirst(), isHex(high), isHex(low) else { return false }
        }
        return true
    }

    private static func encoded(_ byte: UInt8, first: Bool) -> [UInt8] {
        // A name that starts with a dot is hidden, or is `.` or `..`.
        if isPlain(byte), !(first && byte == UInt8(ascii: ".")) { return [byte] }
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
