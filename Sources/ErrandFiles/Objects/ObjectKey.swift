#if Files
public import Errand

/// The place of an object in an ``Errand/ObjectStore``, made by Errand and never by a user.
///
/// There are three forms: `tenants/<t>/jobs/<id>/<fence>/<ulid>.<ext>` for what a job makes,
/// `tenants/<t>/jobs/<id>/<fence>/<upload>` for what a worker elsewhere sent as a job's result, and
/// `tenants/<t>/uploads/<id>` for what somebody sent; jobs without a tenant have `system/` in place of `tenants/<t>/`.
/// A tenant's name is percent-encoded outside `A-Z a-z 0-9 . _ -`, so two tenants never share a key and no name leads
/// out of its folder.
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    /// The key as text.
    public let description: String

    /// Reads a key that an earlier call made; nil when it has none of the forms.
    public init?(_ text: String) {
        guard Self.isWellFormed(text) else { return nil }
        description = text
    }

    private init(unchecked text: String) { description = text }

    /// The key of a file that one run of a job makes.
    ///
    /// - Parameters:
    ///   - tenantId: The job's tenant.
    ///   - lease: The run; its fence keeps the files of a run that was cut off apart from those of the next.
    ///   - ulid: A new name.
    ///   - type: What the file holds; gives the extension.
    /// - Returns: The key.
    public static func file(tenantId: Name?, lease: JobLease, ulid: ULID, type: FileType) -> ObjectKey {
        ObjectKey(unchecked: "\(owner(tenantId))/jobs/\(lease.id)/\(lease.fence)/\(ulid).\(type.fileExtension)")
    }

    /// The key of a file that somebody sent.
    public static func upload(tenantId: Name?, id: JobID) -> ObjectKey {
        ObjectKey(unchecked: "\(owner(tenantId))/uploads/\(id)")
    }

    private static func owner(_ tenantId: Name?) -> String {
        tenantId.map { "tenants/\(TenantPath(encoding: $0).text)" } ?? "system"
    }

    /// The names from the store's folder to the object.
    var components: [Substring] { description.split(at: "/", omittingEmptySubsequences: false) }

    private static func isWellFormed(_ text: String) -> Bool {
        var rest = text.split(at: "/", omittingEmptySubsequences: false)[...]
        switch rest.popFirst() {
        case "system": break
        case "tenants": guard TenantPath.skip(&rest) else { return false }
        default: return false
        }
        switch (rest.popFirst(), rest.count) {
        case ("uploads", 1): return rest.allSatisfy(isID)
        case ("jobs", 3): return isID(rest[rest.startIndex]) && isFence(rest[rest.startIndex + 1]) && isFile(rest.last)
        default: return false
        }
    }

    private static func isID(_ text: Substring) -> Bool { JobID(String(text))?.description == String(text) }

    private static func isFence(_ text: Substring) -> Bool { Int64(text).map { $0 >= 0 && "\($0)" == text } ?? false }

    private static func isFile(_ text: Substring?) -> Bool {
        if let text, isID(text) { return true }
        guard let parts = text?.split(at: ".", omittingEmptySubsequences: false), parts.count == 2 else {
            return false
        }
        return ULID(String(parts[0])) != nil && FileType(fileExtension: String(parts[1])) != nil
    }
}

/// What a file that a job makes holds.
@nonexhaustive public enum FileType: String, Sendable, Hashable, CaseIterable {
    /// Rows as RFC 4180 text.
    case csv
    /// One JSON text.
    case json

    init?(fileExtension: String) { self.init(rawValue: fileExtension) }

    /// What follows the dot in its name.
    public var fileExtension: String { rawValue }

    /// Its media type.
    public var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .json: "application/json"
        }
    }
}
#endif
