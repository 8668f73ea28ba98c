public import ServiceLifecycle

/// Claims jobs and runs their handlers until told to stop.
///
/// ```swift
/// let worker = Worker(store: store, handlers: handlers)
/// try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
///
/// A graceful shutdown stops claiming and lets running handlers go on for ``WorkerOptions/grace``; then, or at once
/// when the task of ``run()`` is cancelled, handlers are cancelled and what they leave is given back without being
/// charged.
public struct Worker: Service {
    let store: any JobStore
    let handlers: JobHandlers
    let options: WorkerOptions
    let timing: WorkerTiming

    /// Creates a worker; it starts with ``run()``.
    ///
    /// - Parameters:
    ///   - store: Where the jobs are.
    ///   - handlers: The types it knows; jobs of other types are left alone.
    ///   - options: How it works.
    public init(store: any JobStore, handlers: JobHandlers, options: WorkerOptions = WorkerOptions()) {
        self.init(store: store, handlers: handlers, options: options, timing: .system)
    }

    package init(store: any JobStore, handlers: JobHandlers, options: WorkerOptions, timing: WorkerTiming) {
        self.store = store
        self.handlers = handlers
        self.options = options
        self.timing = timing
    }

    /// Runs jobs until a graceful shutdown or the task's cancellation, and returns when every handler has returned.
    ///
    /// No task outlives this call, so a handler that ignores its cancellation keeps it from returning. It also keeps
    /// its job, which must not run twice at once; when the process ends first, the job runs again after its lease.
    public func run() async throws {
        let engine = WorkerEngine(worker: self, workerId: options.workerId ?? Self.randomIdentifier())
        // A task of its own, always awaited: the caller's cancellation must stop handlers, but not the calls that give
        // their jobs back.
        let work = Task { await engine.run() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.value
            } onGracefulShutdown: {
                engine.stopSoftly()
            }
        } onCancel: {
            engine.stopHard()
        }
    }

    private static func randomIdentifier() -> Name {
        Name("worker-" + String(UInt64.random(in: 0...UInt64.max), radix: 36))
    }
}
