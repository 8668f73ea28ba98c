#if Server
import FoundationEssentials
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

extension FilePath {
    /// This very program, even when the file it was started from has been replaced meanwhile.
    static var thisProgram: FilePath {
        #if os(Linux)
        let link = "/proc/self/exe"
        // By its own path it keeps its name in a list of processes; a link that cannot be read works all the same.
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        return FilePath(path.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil } ?? link)
        #else
        return FilePath(Bundle.main.executablePath ?? CommandLine.arguments[0])
        #endif
    }
}
#endif
