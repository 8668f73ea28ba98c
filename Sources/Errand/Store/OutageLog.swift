public import Logging
import Synchronization

/// Logs what goes wrong while a store is away: at most a line a second for each place in the code.
///
/// All requests and all runs meet the same outage, and a line for each of them would fill the disk that somebody is
/// trying to free. A line that comes after others were left out says how many, as `left_out`.
public final class OutageLog: Sendable {
    private struct Site: Hashable {
        let file: String
        let line: UInt
    }

    private struct Pace {
        var next: Duration
        var leftOut = 0
    }

    private static let interval = Duration.seconds(1)
    private let paces = Mutex<[Site: Pace]>([:])

    /// Creates a log in which nothing was said yet.
    public init() {}

    /// Logs a message, unless the same place logged less than a second ago.
    ///
    /// - Parameters:
    ///   - message: What could not be done.
    ///   - level: How bad that is.
    ///   - logger: Where to.
    ///   - metadata: What else there is to say.
    ///   - now: A steady time, from one clock for all calls.
    ///   - file: The place, with `line`.
    ///   - function: Passed on to the logger.
    ///   - line: The place, with `file`.
    public func log(
        _ message: @autoclosure () -> Logger.Message,
        _ level: Logger.Level,
        to logger: Logger,
        metadata: @autoclosure () -> Logger.Metadata = [:],
        at now: Duration,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        guard let leftOut = pass(Site(file: file, line: line), now) else { return }
        var metadata = metadata()
        if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
        logger.log(level: level, message(), metadata: metadata, file: file, function: function, line: line)
    }

    /// How many lines were left out before this one; nil when this one is left out as well.
    private func pass(_ site: Site, _ now: Duration) -> Int? {
        paces.withLock { paces in
            guard let pace = paces[site], now < pace.next else {
                return paces.updateValue(Pace(next: now + Self.interval), forKey: site)?.leftOut ?? 0
            }
            paces[site]?.leftOut += 1
            return nil
        }
    }
}
