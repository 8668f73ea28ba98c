/// What underlies an error where the store is there and does not do what it was asked: it might do something else.
package protocol RequestFault: Error {
    /// Whether it is about what was asked, and not about the store.
    var isOfRequest: Bool { get }
}

extension JobStoreError {
    /// Whether a part of what was asked may be at fault, so that the rest of it succeeds by itself.
    package var isOfRequest: Bool {
        switch code {
        case .unavailable: (underlying as? any RequestFault)?.isOfRequest ?? false
        case .full, .inUse, .schemaTooNew: false
        default: true
        }
    }
}
