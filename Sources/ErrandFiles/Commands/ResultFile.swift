#if Files
import Errand

#if canImport(System)
import System
#else
import SystemPackage
#endif

#if canImport(Darwin)
import Darwin  // For fstat.
#elseif canImport(Glibc)
import Glibc  // For fstat.
#endif

/// The file in which a program may leave its result, instead of printing it.
enum ResultFile {
    /// Reads it; the white space around the JSON is not kept.
    ///
    /// - Returns: The result, or nil where there is no file.
    /// - Throws: ``ResultFault`` for a file that is no result: the program made it, so it is not passed over.
    static func read(_ path: String) throws(ResultFault) -> JSONText? {
        guard let bytes = try bytes(path) else { return nil }
        guard bytes.count <= longest else { throw tooLarge }
        var text = bytes[...]
        if text.starts(with: CommandReader.byteOrderMark) { text = text.dropFirst(3) }
        text = text.drop(while: ObjectOutline.isSpace)
        while let last = text.last, ObjectOutline.isSpace(last) { text.removeLast() }
        guard !text.isEmpty else { throw fault("the file is empty") }
        let result: JSONText
        do throws(JSONError) { result = try JSONText(validating: text) } catch { throw fault("\(error)") }
        guard result.utf8Count <= JobLimits.resultBytes else { throw tooLarge }
        return result
    }

    /// White space around a result, or a mark, may be there too.
    private static let longest = CommandReader.longestMessage

    private static func bytes(_ path: String) throws(ResultFault) -> [UInt8]? {
        do {
            // A pipe must not hold us up, and a link might lead to what the program may not read and we may.
            let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
            return try file.closeAfter {
                try refuseSpecial(file)
                return try content(of: file)
            }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch Errno.tooManySymbolicLinkLevels {
            throw fault("the file is a symbolic link")
        } catch let error as ResultFault {
            throw error
        } catch {
            throw fault("the file cannot be read: \(error)")
        }
    }

    private static func refuseSpecial(_ file: FileDescriptor) throws {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw fault("it is not a regular file") }
    }

    /// What is in the file, up to one byte more than may be.
    private static func content(of file: FileDescriptor) throws -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while content.count <= longest {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { break }
            content += buffer[..<count]
        }
        return content
    }

    private static func fault(_ reason: String) -> ResultFault {
        ResultFault(code: JobFailure.Code.invalidResult, reason: reason)
    }

    private static let tooLarge = ResultFault(
        code: ResultFault.tooLarge,
        reason: "it is larger than \(JobLimits.resultBytes) bytes"
    )
}
#endif
