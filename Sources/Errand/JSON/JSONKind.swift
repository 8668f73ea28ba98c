/// What a JSON value is.
public enum JSONKind: String, Sendable, Hashable, CaseIterable {
    /// Members in braces.
    case object
    /// Elements in brackets.
    case array
    /// Text in quotes.
    case string
    /// A number in any spelling JSON allows.
    case number
    /// `true` or `false`.
    case bool
    /// The literal `null`.
    case null
}
