#if Server
public import Errand
public import Hummingbird
import NIOCore

/// What is known of a request besides itself.
public struct APIContext: RequestContext {
    /// Hummingbird's part.
    public var coreContext: CoreRequestContextStorage
    /// Who asks; ``Principal/nobody`` on routes that ask for no credential, and on those an application adds.
    public var principal: Principal
    /// The browser's session by whose cookie the request was let in; nil for any other credential.
    public internal(set) var session: BrowserSession?
    /// Names the request in the response, in problems and in logs.
    public var requestId: String
    /// Where an interim response goes.
    let channel: any Channel

    /// Creates a context, as Hummingbird does for each request.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        principal = .nobody
        requestId = ""
        channel = source.channel
    }
}

extension APIContext {
    /// What the asker may reach; everything is answered within it.
    public var scope: Scope { principal.scope }

    /// A part of the path, decoded; throws `not-found` when it is not text.
    func pathValue(_ name: String) throws(Problem) -> String {
        guard let raw = parameters.get(name), let value = PercentCoding.decode(raw[...]), !value.utf8.contains(0)
        else {
            throw Problem(.notFound, "The path has a part that is not valid UTF-8 text.")
        }
        return value
    }

    /// The same, as a name.
    func pathName(_ name: String) throws(Problem) -> Name { Name(try pathValue(name)) }

    /// The project that the path names; one that the scope does not show is not there.
    func project() throws(Problem) -> Name {
        let project = try pathName("projectId")
        guard scope.includes(tenantId: scope.tenantId, projectId: project) else {
            throw Problem(.notFound, "There is no project \"\(project.text.quotable)\".")
        }
        return project
    }

    /// The job that the path names.
    func jobReference() throws(Problem) -> JobReference {
        let text = try pathValue("id")
        guard let reference = JobReference(text) else {
            throw Problem(.notFound, "\"\(text.quotable)\" names no job: an id is a UUID or a positive whole number.")
        }
        return reference
    }
}
#endif
