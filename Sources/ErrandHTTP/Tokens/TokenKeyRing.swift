#if Server
import Errand
import FoundationEssentials
import Logging
import Synchronization

/// The present keys; a key set is read again when its file has changed, so that keys can be rotated without a restart.
final class TokenKeyRing: Sendable {
    private struct State {
        var keys: TokenKeySet
        var stamp: FileStamp?
        /// When to look at the file again, on the steady clock.
        var nextLook: Duration?
    }

    /// How long a change of the file may go unnoticed.
    static let interval: Duration = .seconds(60)

    private let source: TokenOptions.Keys
    private let logger: Logger
    private let state: Mutex<State>

    init(_ source: TokenOptions.Keys, logger: Logger) async throws(TokenKeyError) {
        self.source = source
        self.logger = logger
        let stamp = Self.path(of: source).flatMap { FileStamp(path: $0) }
        state = Mutex(State(keys: try await Self.read(source), stamp: stamp, nextLook: nil))
        state.withLock { state in for warning in state.keys.warnings { logger.warning("\(warning)") } }
    }

    /// What was passed over when the keys were read.
    var warnings: [String] { state.withLock { $0.keys.warnings } }

    /// The keys as they are now.
    ///
    /// - Parameter now: The time on the steady clock.
    /// - Returns: Those of the file, read again where it changed.
    func keys(at now: Duration) async -> TokenKeySet {
        guard let path = Self.path(of: source), isTimeToLook(now) else { return state.withLock { $0.keys } }
        let stamp = FileStamp(path: path)
        guard stamp != state.withLock({ $0.stamp }) else { return state.withLock { $0.keys } }
        do throws(TokenKeyError) {
            let keys = try await Self.read(source)
            state.withLock { ($0.keys, $0.stamp) = (keys, stamp) }
            logger.notice("the keys of tokens were read again", metadata: ["file": "\(path)"])
            for warning in keys.warnings { logger.warning("\(warning)") }
        } catch {
            // A file that is being written is no reason to let nobody in.
            logger.error("the keys of tokens stay as they were: \(error)")
        }
        return state.withLock { $0.keys }
    }

    /// Whether this call is the one that looks; the first only starts the interval, as the file was just read.
    private func isTimeToLook(_ now: Duration) -> Bool {
        state.withLock { state in
            let isDue = state.nextLook.map { now >= $0 } ?? false
            if isDue || state.nextLook == nil { state.nextLook = now + Self.interval }
            return isDue
        }
    }

    private static func path(of source: TokenOptions.Keys) -> String? {
        guard case .set(let path) = source else { return nil }
        return path
    }

    private static func read(_ source: TokenOptions.Keys) async throws(TokenKeyError) -> TokenKeySet {
        switch source {
        case .files(let files): try await TokenKeySet(files: files)
        case .set(let path): try await TokenKeySet(jwks: path)
        }
    }
}
#endif
