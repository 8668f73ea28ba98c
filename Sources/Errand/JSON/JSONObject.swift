/// The members of one JSON object in order; values are exact text.
public struct JSONObject: Sendable {
    /// Every member, its name unescaped.
    public let members: [(name: String, value: JSONText)]

    /// Creates an object from members whose names differ.
    package init(members: [(name: String, value: JSONText)]) {
        self.members = members
    }

    /// The value of a member; nil when the object has none of that name.
    public subscript(name: String) -> JSONText? {
        // Bytes, because differently composed names are different members.
        members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}
