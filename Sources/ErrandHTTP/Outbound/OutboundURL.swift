#if Server
import Errand

/// The parts of a URL to which something may be sent, read so strictly that nobody after us can read it otherwise.
struct OutboundURL: Sendable, Equatable {
    let isSecure: Bool
    /// A name or an address in lowercase, without brackets.
    let host: String
    /// The address that the host is; nil for a name.
    let address: IPAddress?
    /// The port, where one is given.
    let givenPort: Int?
    /// The path and query, with the slash.
    let target: String

    var port: Int { givenPort ?? (isSecure ? 443 : 80) }

    /// The URL as it is sent to, made of the parts.
    var text: String {
        let name = address.map { $0.bytes.count == 16 ? "[\(host)]" : host } ?? host
        return "http\(isSecure ? "s" : "")://\(name)\(givenPort.map { ":\($0)" } ?? "")\(target)"
    }

    init(_ text: String) throws(UnsafeURL) {
        guard text.utf8.count <= Webhook.urlBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }) else {
            throw UnsafeURL("it must have at most \(Webhook.urlBytes) characters, all ASCII, and no space or backslash")
        }
        guard let colon = text.firstRange(of: "://") else { throw UnsafeURL("it must begin with https://") }
        switch text[..<colon.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw UnsafeURL("it must begin with https://")
        }
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard !rest.contains("#") else { throw UnsafeURL("it must have no fragment") }
        guard !rest[..<end].contains("@") else { throw UnsafeURL("it must have no user name or password") }
        target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
        let (host, port) = try Self.split(rest[..<end])
        (self.host, address) = try Self.host(host)
        givenPort = port
    }

    /// An authority's host, with its brackets, and port.
    private static func split(_ authority: Substring) throws(UnsafeURL) -> (host: Substring, port: Int?) {
        let bracket = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
        let tail = authority[(bracket ?? authority.startIndex)...]
        guard let colon = tail.firstIndex(of: ":") else { return (authority, nil) }
        let digits = authority[colon...].dropFirst()
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.first != "0", let port = Int(digits), port <= 65_535
        else { throw UnsafeURL("its port must be a number from 1 to 65535") }
        return (authority[..<colon], port)
    }

    private static func host(_ text: Substring) throws(UnsafeURL) -> (String, IPAddress?) {
        if text.hasPrefix("[") {
            let inner = text.dropFirst().dropLast()
            guard text.hasSuffix("]"), let address = IPAddress(String(inner)), address.bytes.count == 16 else {
                throw UnsafeURL("its host is no IPv6 address")
            }
            return (address.description, address)
        }
        let name = text.lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // A name may end with the dot of the root.
        let parts = labels.last == "" && labels.count > 1 ? labels.dropLast() : labels[...]
        guard name.utf8.count <= 253, parts.allSatisfy({ isLabel($0) }), let last = parts.last else {
            throw UnsafeURL("its host is no name: internationalized ones are written in Punycode (xn--)")
        }
        guard isNumber(last) else { return (name, nil) }
        // What ends in a number is an address to everybody; in one spelling only.
        guard parts.count == labels.count, let address = IPAddress(name), address.bytes.count == 4 else {
            throw UnsafeURL("its host is an address in another form than four decimal numbers")
        }
        return (address.description, address)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count)
            && label.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
            }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        label.utf8.allSatisfy { (0x30...0x39).contains($0) }
            || label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit)
    }
}

/// Why nothing is sent to a URL; the text goes on after "the URL is refused:".
struct UnsafeURL: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
#endif
