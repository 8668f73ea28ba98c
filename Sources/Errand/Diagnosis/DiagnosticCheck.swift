/// One thing that can be wrong with an installation, and how to see whether it is.
public struct DiagnosticCheck: Sendable {
    /// What is looked at, in a word or two.
    public let name: String
    /// Looks at it; it changes nothing, and what it cannot see is a finding too.
    public let run: @Sendable () async -> [Finding]

    /// Creates a check.
    public init(_ name: String, run: @escaping @Sendable () async -> [Finding]) {
        self.name = name
        self.run = run
    }
}

/// What a check saw.
public struct Finding: Sendable, Hashable {
    /// How much it matters, the least first.
    public enum Verdict: String, Sendable, Hashable, CaseIterable, Comparable {
        /// As it should be.
        case ok
        /// Works, and will be slow or fail some day.
        case warning
        /// Does not work.
        case problem

        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        public static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// How much it matters.
    public let verdict: Verdict
    /// What is so, with its value.
    public let message: String
    /// What to do about it; nil where all is well.
    public let advice: String?

    private init(_ verdict: Verdict, _ message: String, _ advice: String?) {
        (self.verdict, self.message, self.advice) = (verdict, message, advice)
    }

    /// All is well.
    public static func ok(_ message: String) -> Finding { Finding(.ok, message, nil) }

    /// It works for now.
    public static func warning(_ message: String, advice: String) -> Finding { Finding(.warning, message, advice) }

    /// It does not work.
    public static func problem(_ message: String, advice: String) -> Finding { Finding(.problem, message, advice) }
}
