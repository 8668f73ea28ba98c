#if Server
import Errand
import HTTPTypes
import Hummingbird
import NIOHTTP1

extension Problem {
    /// The refusal for any error; what is not ours becomes `internal`, which says nothing.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as JobStoreError: self.init(store: error)
        case let error as JSONError: self.init(json: error)
        case let error as ObjectStoreError: self.init(object: error)
        case let error as HTTPError: self.init(server: error)
        case let error as HTTPParserError: self.init(.malformedRequest, "The request is not HTTP/1.1: \(error).")
        case is SlowRequest: self.init(.requestTimeout, "The request came too slowly, and was not waited for.")
        default: self.init(.internal, nil)
        }
    }

    /// The refusal for what a store could not do; `conflict` says what a wrong state means to the operation.
    init(store error: JobStoreError, conflict: ProblemType = .conflict) {
        switch error.code {
        case .notFound: self.init(.notFound, error.message)
        case .gone: self.init(.gone, error.message)
        case .conflict: self.init(conflict, error.message, currentStatus: error.currentStatus)
        case .uniqueConflict:
            self.init(.uniqueConflict, error.message, currentStatus: error.currentStatus)
            if let wait = error.retryAfter { headers[.retryAfter] = "\(wait.secondsFromOne)" }
        case .idempotencyMismatch: self.init(.idempotencyMismatch, error.message)
        case .fenced: self.init(.leaseLost, error.message, currentStatus: error.currentStatus)
        case .outdated: self.init(.preconditionFailed, error.message, currentStatus: error.currentStatus)
        case .invalid: self = .invalid(error)
        case .full: self.init(.storageFull, "There is no space left to store it.")
        case .unavailable, .inUse:
            self.init(.storageUnavailable, "The store cannot be reached or is busy; try again.")
            headers[.retryAfter] = "1"
        case .schemaTooNew, .corrupt: self.init(.internal, nil)
        }
    }

    private static func invalid(_ error: JobStoreError) -> Problem {
        // A store counts the jobs of a batch; one job on its own has no index for its submitter.
        let pointer = error.pointer.map { $0.hasPrefix("/0/") || $0 == "/0" ? String($0.dropFirst(2)) : $0 }
        var detail = error.message
        if let pointer, let given = error.pointer, detail.hasPrefix("\(given): ") {
            detail = "\(pointer): \(detail.dropFirst(given.count + 2))"
        }
        guard let pointer else { return Problem(.validation, detail) }
        return .field(pointer, "invalid", detail)
    }

    /// The refusal for a body that is no JSON, or none that every store can keep.
    init(json error: JSONError) {
        let part = Part(pointer: error.pointer, code: error.code.wireName, detail: error.message)
        switch error.code {
        case .tooLarge: self.init(.tooLarge, error.description, parts: [part])
        case .notAnObject: self.init(.validation, error.description, parts: [part])
        case .malformed, .duplicateKey, .nul, .loneSurrogate, .invalidUTF8, .tooDeep:
            self.init(.invalidJSON, error.description, parts: [part])
        }
    }

    init(object error: ObjectStoreError) {
        switch error.code {
        case .notFound, .expired: self.init(.gone, error.message)
        case .tooLarge: self.init(.tooLarge, error.message)
        case .full: self.init(.storageFull, "There is no space left to store it.")
        case .unavailable:
            self.init(.storageUnavailable, "The file store cannot be reached; try again.")
            headers[.retryAfter] = "1"
        case .invalid: self.init(.forbidden, error.message)
        }
    }

    /// What Hummingbird refuses by itself.
    private init(server error: HTTPError) {
        switch error.status.code {
        case 404: self.init(.notFound, "There is nothing at this path.")
        case 405: self.init(.methodNotAllowed, nil)
        case 406: self.init(.notAcceptable, nil)
        case 413: self.init(.tooLarge, nil)
        case 415: self.init(.unsupportedMedia, nil)
        case 416: self.init(.rangeNotSatisfiable, nil)
        case 400..<500: self.init(.invalidParameter, error.body)
        default: self.init(.internal, nil)
        }
    }
}

extension JSONError.Code {
    /// The reason as a word on the wire.
    fileprivate var wireName: String {
        switch self {
        case .malformed: "malformed"
        case .duplicateKey: "duplicate-key"
        case .nul: "nul"
        case .loneSurrogate: "lone-surrogate"
        case .invalidUTF8: "invalid-utf8"
        case .tooDeep: "too-deep"
        case .tooLarge: "too-large"
        case .notAnObject: "wrong-type"
        }
    }
}
#endif
