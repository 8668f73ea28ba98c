#if Server
/// What the name of a file says to a browser.
enum FileNames {
    /// `Content-Disposition` for a download (RFC 6266): the name in full, and in ASCII for those who know no other.
    static func attachment(_ filename: String) -> String {
        let plain = filename.unicodeScalars.map { scalar in
            let isSafe =
                scalar.isASCII && scalar.value >= 0x20 && scalar.value < 0x7F
                && !["\"", "\\", "/", "%"].contains(scalar)
            return isSafe ? String(scalar) : "_"
        }
        return "attachment; filename=\"\(plain.joined())\"; filename*=UTF-8''\(PercentCoding.encode(filename))"
    }

    /// The media type by the name's end; bytes when it is none of ours.
    static func contentType(of filename: String) -> String {
        switch filename.split(separator: ".").last?.lowercased() {
        case "csv": "text/csv; charset=utf-8"
        case "json": "application/json"
        case "xml": "application/xml"
        case "txt", "log": "text/plain; charset=utf-8"
        case "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        default: "application/octet-stream"
        }
    }
}
#endif
