#if Server
import Errand

/// Markup in which every text was escaped; a literal is text.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    /// The markup.
    let markup: String

    /// Nothing.
    static let nothing = HTML([])

    private init(markup: String) { self.markup = markup }

    init(stringLiteral text: String) { self = .text(text) }

    /// One after the other.
    init(_ parts: [HTML]) { self.init(markup: parts.map(\.markup).joined()) }

    /// Text, escaped.
    static func text(_ text: String) -> HTML {
        let markup = text.escaped { sign in
            switch sign {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: nil
            }
        }
        return HTML(markup: markup)
    }

    /// Markup that the program has in itself.
    static func trusted(_ markup: StaticString) -> HTML { HTML(markup: "\(markup)") }

    /// An element with what is in it; the attributes' values are escaped.
    static func element(
        _ name: StaticString,
        id: String? = nil,
        class kind: String? = nil,
        href: String? = nil,
        _ content: HTML...
    ) -> HTML {
        let attributes = [("id", id), ("class", kind), ("href", href)].map { name, value in
            value.map { " \(name)=\"\(text($0).markup)\"" } ?? ""
        }
        return HTML(markup: "<\(name)\(attributes.joined())>\(HTML(content).markup)</\(name)>")
    }

    /// A piece of code.
    static func code(_ code: String) -> HTML { element("code", text(code)) }

    /// A link.
    static func link(_ address: String, _ content: HTML...) -> HTML { element("a", href: address, HTML(content)) }

    /// Some of them with others between.
    static func list(_ parts: [HTML], between: HTML) -> HTML {
        HTML(markup: parts.map(\.markup).joined(separator: between.markup))
    }
}
#endif
