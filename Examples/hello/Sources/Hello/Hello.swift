import Errand
import ErrandSQLite
import Hummingbird

/// A web application with a job in it: the route answers at once, the work is done by a worker in the same process.
///
///     swift run Hello
///     curl -X POST http://127.0.0.1:8081/greetings/Ann
///     curl http://127.0.0.1:8081/jobs/1
@main
struct Hello {
    static func main() async throws {
        let store = try await SQLiteJobStore(path: "hello.db")
        let handlers = JobHandlers.hello
        let port = Environment().get("HELLO_PORT", as: Int.self) ?? 8081
        var app = Application(
            router: router(JobClient(store: store, types: handlers.types)),
            configuration: .init(address: .hostname("127.0.0.1", port: port))
        )
        app.addServices(Worker(store: store, handlers: handlers))
        try await app.runService()
    }

    static func router(_ jobs: JobClient) -> Router<BasicRequestContext> {
        let router = Router()
        router.post("greetings/:name") { _, context in
            let job = try await jobs.push(Greeting(name: context.parameters.require("name")))
            return EditedResponse(
                status: .accepted,
                headers: [.location: "/jobs/\(job.number)"],
                response: try await JobView(jobs.job(.id(job.id)))
            )
        }
        router.get("jobs/:job") { _, context in
            guard let reference = JobReference(try context.parameters.require("job")) else {
                throw HTTPError(.notFound)
            }
            do throws(JobStoreError) { return JobView(try await jobs.job(reference)) } catch {
                throw HTTPError(.notFound, message: error.message)
            }
        }
        return router
    }
}

/// What a greeting needs to know.
struct Greeting: JobParameters {
    static let jobName = "Greeting"
    var name: String
}

/// What comes of it.
struct Greeted: Codable, Sendable {
    var text: String
}

extension JobHandlers {
    /// What this application can do.
    static var hello: JobHandlers {
        var handlers = JobHandlers()
        handlers.registerJob(parameters: Greeting.self) { greeting, context in
            for (index, letter) in greeting.name.enumerated() {
                context.progress(100 * index / greeting.name.count, "Painting the \(letter)")
                try await Task.sleep(for: .milliseconds(200))
            }
            return Greeted(text: "Hello, \(greeting.name)!")
        }
        return handlers
    }
}

/// A job as the application shows it.
struct JobView: ResponseEncodable {
    var number: Int64
    var status: JobStatus
    var progress: Int
    var message: String?
    var text: String?

    init(_ job: Job) {
        number = job.number
        status = job.status
        progress = job.progress ?? 0
        message = job.progressMessage
        // A job that is not completed has no result.
        text = try? job.result?.decode(as: Greeted.self).text
    }
}
