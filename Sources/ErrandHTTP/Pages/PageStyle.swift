#if Server
/// How the server's own pages look.
enum PageStyle {
    static let css: StaticString = """
        :root{color-scheme:light dark;--line:#d5d9de;--soft:#f4f6f8;--ink:#1c2530;--faint:#5b6672;--link:#0b5cad}
        @media(prefers-color-scheme:dark){:root{--line:#3a434d;--soft:#1e252c;--ink:#e4e9ee;--faint:#9aa6b2;
        --link:#7db8f5}
        body{background:#14191e}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:60rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink)}
        a{color:var(--link)}
        h1{margin:0}
        h2{margin:3rem 0 .5rem;border-bottom:1px solid var(--line)}
        h3{margin:0;font-size:1.05rem}
        h4{margin:1rem 0 .25rem;font-size:.9rem;color:var(--faint)}
        code,pre{font:.875em/1.45 ui-monospace,monospace}
        pre{margin:0;padding:.75rem;overflow-x:auto;background:var(--soft);border-radius:.375rem}
        article{margin:1rem 0;padding:1rem;border:1px solid var(--line);border-radius:.5rem;overflow-wrap:anywhere}
        article:target{outline:2px solid var(--link)}
        nav ul{columns:18rem;padding-left:1.2rem;margin:.25rem 0 1rem}
        table{width:100%;border-collapse:collapse;font-size:.9375rem}
        td{padding:.25rem .75rem .25rem 0;border-top:1px solid var(--line);vertical-align:top}
        td:first-child{width:14rem}
        td:nth-child(2){width:14rem;color:var(--faint)}
        .method{display:inline-block;min-width:4rem;font-weight:700}
        .faint{color:var(--faint)}
        p{margin:.25rem 0}
        """
}
#endif
