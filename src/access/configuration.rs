//! Log patterns in the configuration files of servers.

use super::dialect::Dialect;

/// A pattern found in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whose words it is in.
    pub dialect: Dialect,
    /// The pattern itself.
    pub pattern: String,
}

/// All log patterns in the text of `httpd.conf`, `nginx.conf`, `server.xml` or `application.properties`.
pub fn patterns_in(text: &str) -> Vec<Found> {
    let mut out = Vec::new();
    let mut push = |dialect, pattern: String| {
        if !pattern.is_empty() {
            out.push(Found { dialect, pattern });
        }
    };
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
    {
        let word = line.split_whitespace().next().unwrap_or_default();
        if word.eq_ignore_ascii_case("LogFormat") || word.eq_ignore_ascii_case("CustomLog") {
            let rest = &line[word.len()..];
            if let Some(open) = rest.find('"').filter(|open| rest[*open..].contains('%')) {
                push(Dialect::Httpd, quoted(&rest[open..], '"'));
            }
        }
        for (key, dialect) in [
            ("server.tomcat.accesslog.pattern", Dialect::Tomcat),
            ("server.undertow.accesslog.pattern", Dialect::Undertow),
            ("server.jetty.accesslog.custom-format", Dialect::Jetty),
        ] {
            if let Some(rest) = line.strip_prefix(key) {
                let value = rest.trim_start().trim_start_matches(['=', ':']).trim();
                push(dialect, value.trim_matches('\'').to_owned());
            }
        }
    }
    for (at, _) in text.match_indices("AccessLogValve") {
        let element = &text[at..text[at..].find('>').map_or(text.len(), |end| at + end)];
        if let Some(value) = element.find("pattern=").map(|from| &element[from + 8..])
            && let Some(mark) = value
                .chars()
                .next()
                .filter(|mark| matches!(mark, '"' | '\''))
        {
            let raw = value[1..].split(mark).next().unwrap_or_default();
            let plain = raw
                .replace("&quot;", "\"")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
            push(Dialect::Tomcat, plain);
        }
    }
    for (at, word) in text.match_indices("log_format") {
        let statement =
            &text[at + word.len()..text[at..].find(';').map_or(text.len(), |end| at + end)];
        // The name and `escape=…` come before the quoted pieces.
        let mut pattern = String::new();
        let mut rest = statement;
        while let Some(open) = rest.find(['\'', '"']) {
            let mark = if rest[open..].starts_with('\'') {
                '\''
            } else {
                '"'
            };
            let piece = quoted(&rest[open..], mark);
            let used = piece_length(&rest[open..], mark);
            pattern += &piece;
            rest = &rest[open + used..];
        }
        push(Dialect::Nginx, pattern);
    }
    out
}

/// The text between the quote at the beginning and the next one that is not escaped; escapes of the quote are removed.
fn quoted(text: &str, mark: char) -> String {
    let mut out = String::new();
    let mut chars = text.chars().skip(1).peekable();
    while let Some(next) = chars.next() {
        match next {
            '\\' if chars.peek() == Some(&mark) => {
                out.push(mark);
                chars.next();
            }
            _ if next == mark => break,
            _ => out.push(next),
        }
    }
    out
}

/// Bytes of a quoted text with both quotes.
fn piece_length(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, next) in text.char_indices().skip(1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if next == mark => return at + next.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
