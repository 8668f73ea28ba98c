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
        "/proc/self/exe"
        #else
        FilePath(Bundle.main.executablePath ?? CommandLine.arguments[0])
        #endif
    }
}
#endif
