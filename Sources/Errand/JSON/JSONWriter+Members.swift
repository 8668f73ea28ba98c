public import FoundationEssentials

extension JSONWriter {
    /// Writes a member that is a string; nil as `null`.
    public mutating func member(_ name: String, _ value: String?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is a string, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: String?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is an integer; nil as `null`.
    public mutating func member(_ name: String, _ value: Int?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is an integer, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: Int?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is an integer; nil as `null`.
    public mutating func member(_ name: String, _ value: Int64?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is an integer, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: Int64?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is a number; nil as `null`.
    public mutating func member(_ name: String, _ value: Double?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is a number, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: Double?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is `true` or `false`; nil as `null`.
    public mutating func member(_ name: String, _ value: Bool?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is `true` or `false`, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: Bool?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is validated text, as it is; nil as `null`.
    public mutating func member(_ name: String, _ value: JSONText?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is validated text, as it is, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: JSONText?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is a time in RFC 3339; nil as `null`.
    public mutating func member(_ name: String, _ value: Date?) {
        startMember(name)
        self.value(value)
    }

    /// Writes a member that is a time in RFC 3339, unless the value is nil.
    public mutating func memberIfPresent(_ name: String, _ value: Date?) {
        if let value { member(name, value) }
    }

    /// Writes a member that is an array of strings.
    package mutating func member(_ name: String, _ values: [String]) {
        member(name) { writer in writer.array { writer in for value in values { writer.value(value) } } }
    }
}
