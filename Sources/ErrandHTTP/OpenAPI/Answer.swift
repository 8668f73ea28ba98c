#if Server
import Errand
import HTTPTypes

/// How an operation may answer when it is not refused.
struct Answer: Sendable {
    /// A header field of an answer.
    struct Header: Sendable {
        let name: HTTPField.Name
        let schema: Schema
        let meaning: String
    }

    let status: Int
    let meaning: String
    /// The media type of the body; nil where there is none.
    let mediaType: String?
    /// What a JSON body is.
    let schema: Schema?
    let headers: [Header]

    static func json(_ status: Int, _ schema: Schema, _ meaning: String, _ headers: Header...) -> Answer {
        json(status, schema, meaning, headers)
    }

    static func json(_ status: Int, _ schema: Schema, _ meaning: String, _ headers: [Header]) -> Answer {
        Answer(status: status, meaning: meaning, mediaType: "application/json", schema: schema, headers: headers)
    }

    static func empty(_ status: Int, _ meaning: String, _ headers: Header...) -> Answer {
        Answer(status: status, meaning: meaning, mediaType: nil, schema: nil, headers: headers)
    }

    /// A body that is no JSON: text, a page, a stream or a file.
    static func media(_ status: Int, _ mediaType: String, _ meaning: String, _ headers: Header...) -> Answer {
        Answer(status: status, meaning: meaning, mediaType: mediaType, schema: nil, headers: headers)
    }
}

extension Answer.Header {
    static let entityTag = Answer.Header(name: .eTag, schema: .text, meaning: "Names this state; see If-None-Match.")
    static let location = Answer.Header(name: .location, schema: .text, meaning: "Where it is.")
    static let link = Answer.Header(
        name: .link,
        schema: .text,
        meaning: "The first page, and the next where there is one."
    )
    static let retryAfter = Answer.Header(
        name: .retryAfter,
        schema: .string(pattern: "^[0-9]+$"),
        meaning: "In how many seconds to ask again; left out when nothing more will happen."
    )
    static let preferenceApplied = Answer.Header(
        name: .preferenceApplied,
        schema: .text,
        meaning: "What was done of Prefer."
    )
    static let idempotencyReplayed = Answer.Header(
        name: .idempotencyReplayed,
        schema: .words(["true"]),
        meaning: "The answer is that of an earlier request."
    )
    static let contentDisposition = Answer.Header(
        name: .contentDisposition,
        schema: .text,
        meaning: "The file's name."
    )
    static let contentRange = Answer.Header(name: .contentRange, schema: .text, meaning: "Which bytes these are.")
}
#endif
