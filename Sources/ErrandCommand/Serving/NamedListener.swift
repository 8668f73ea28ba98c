#if Server
import ServiceLifecycle

/// Names the address where a service cannot listen on it; a server may have more than one.
struct NamedListener: Service {
    let address: ListenAddress
    /// The flag by which another port is chosen.
    let flag: String
    let service: any Service

    func run() async throws {
        do { try await service.run() } catch { throw Failures.listening(on: address, flag, error) }
    }
}
#endif
