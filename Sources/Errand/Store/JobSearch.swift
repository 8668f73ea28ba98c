/// What somebody typed to find jobs, as the stores look for it.
///
/// A job is found whose number it is, with a `#` before it or not; whose identifier, type, `createdBy` or
/// `createdByName` begins with it; or which has it as a tag. Letters are compared as they are.
package struct JobSearch: Sendable, Hashable {
    /// The number, where it is one.
    package let number: Int64?
    /// The identifiers that begin with it, where any can: from four digits on.
    package let identifiers: ClosedRange<JobID>?
    /// What a name begins with.
    package let prefix: String

    package init(_ text: String) {
        prefix = text
        let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
        number = digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
        identifiers = Self.identifiers(text)
    }

    private static func identifiers(_ text: String) -> ClosedRange<JobID>? {
        let form = "00000000-0000-0000-0000-000000000000"
        guard (4...form.utf8.count).contains(text.utf8.count) else { return nil }
        let rest = form.dropFirst(text.utf8.count)
        guard let first = JobID(text + rest), let last = JobID(text + rest.replacing("0", with: "f")) else {
            return nil
        }
        return first...last
    }

    /// What no text that begins with the prefix comes behind, byte by byte.
    package var end: String { prefix + "\u{10FFFF}" }

    /// Whether a job is found.
    package func finds(_ job: Job) -> Bool {
        job.number == number || identifiers?.contains(job.id) ?? false || begins(job.type.text) || begins(job.createdBy)
            || begins(job.createdByName) || job.tags.contains { $0.utf8.elementsEqual(prefix.utf8) }
    }

    private func begins(_ name: String?) -> Bool { name?.utf8.starts(with: prefix.utf8) ?? false }
}
