#if Server
import ArgumentParser
import Errand
import NIOCore

// EADDRINUSE.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Turns errors into a sentence on standard error and an exit code.
enum Failures {
    /// Runs a command's work.
    static func reported(_ work: () async throws -> Void) async throws {
        do { try await work() } catch let exit as ExitCode { throw exit } catch let error as CleanExit {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            let failure = failure(error)
            StandardStream.error.print("errand: \(failure.description)")
            throw ExitCode(failure.status.rawValue)
        }
    }

    /// What an error means to the one who typed the command.
    static func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let error as SettingsError: CommandFailure(.configuration, error.description)
        case let error as JobStoreError: CommandFailure(ExitStatus(error), error.description)
        case let error as ObjectStoreError: CommandFailure(.unavailable, error.description)
        default: CommandFailure(.internal, "\(error)")
        }
    }

    /// Names the address where the reason is that it cannot be listened on.
    static func listening(on address: ListenAddress, _ flag: String, _ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        let reason = error.errnoCode == EADDRINUSE ? "another program has that port" : error.description
        return CommandFailure(
            .unavailable,
            "Cannot listen on \(address.host) port \(address.port): \(reason). "
                + "Choose another with \(flag); 0 picks a free one."
        )
    }
}

extension ExitStatus {
    /// The status that fits an error of the store.
    init(_ error: JobStoreError) {
        switch error.code {
        case .notFound, .gone: self = .noInput
        case .inUse: self = .tryLater
        case .unavailable, .full, .schemaTooNew, .corrupt: self = .unavailable
        default: self = .refused
        }
    }
}
#endif
