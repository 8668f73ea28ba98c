#if Server
import Errand
import Hummingbird

extension APIServices {
    /// Reads the fields of a JSON body, strictly; see ``FieldReader``.
    ///
    /// - Parameters:
    ///   - request: The request; its answer is JSON.
    ///   - context: The request's context.
    ///   - isRequired: Whether the body must be there; one that may be left out is as good as an empty object.
    ///   - field: Takes a member and says whether it knows the name.
    /// - Returns: What was wrong with the values; more may be refused before it is finished.
    /// - Throws: ``Problem`` for a body that is no JSON object.
    func readFields(
        _ request: Request,
        _ context: APIContext,
        isRequired: Bool = false,
        _ field: (inout FieldReader, String, JSONText) -> Bool
    ) async throws -> FieldReader {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: options.maximumBodyBytes) else {
            guard !isRequired else { throw Problem(.validation, "The body is empty; it must be an object.") }
            return FieldReader()
        }
        return try FieldReader.read(body.object(), field)
    }
}
#endif
