#if Server
import FoundationEssentials

// getrusage, which Foundation has not.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What this process used of the machine.
struct ProcessUsage: Sendable {
    var peakBytes: Int64
    var cpuSeconds: Double

    /// What was used until now.
    static var now: ProcessUsage {
        var usage = rusage()
        // RUSAGE_SELF, which systems declare as different types.
        _ = getrusage(0, &usage)
        let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        let microseconds = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
        // Linux counts kilobytes here.
        let peak = peakSinceReset ?? Int64(usage.ru_maxrss) * 1024
        return ProcessUsage(peakBytes: peak, cpuSeconds: seconds + microseconds / 1_000_000)
    }

    /// Lets the peak of memory start again, where the system can; elsewhere it is that of the whole process.
    static func resetPeak() {
        let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, "5", 1)
        close(file)
    }

    private static var peakSinceReset: Int64? {
        // Only Linux has the file.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropLast().last.flatMap { Int64($0.filter(\.isNumber)) }.map { $0 * 1024 }
    }

    func since(_ start: ProcessUsage) -> ProcessUsage {
        ProcessUsage(peakBytes: peakBytes, cpuSeconds: cpuSeconds - start.cpuSeconds)
    }
}
#endif
