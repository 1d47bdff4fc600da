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
///
/// What a server writes without being told otherwise counts too, where the configuration turns its log on: `combined` of
/// nginx and `common` of Spring Boot and of a valve without a pattern.
pub fn patterns_in(text: &str) -> Vec<Found> {
    let text = &without_comments(text);
    let mut out = Vec::new();
    let mut push = |dialect, pattern: String| {
        if !pattern.is_empty() {
            out.push(Found { dialect, pattern });
        }
    };
    let mut spring = None;
    for line in text.lines().map(str::trim) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if word.eq_ignore_ascii_case("LogFormat") || word.eq_ignore_ascii_case("CustomLog") {
            let rest = &line[word.len()..];
            if let Some(open) = rest.find('"').filter(|open| rest[*open..].contains('%')) {
                push(Dialect::Httpd, quoted(&rest[open..], '"'));
            }
        }
        if word.eq_ignore_ascii_case("JkRequestLogFormat") {
            push(Dialect::ModJk, quoted(line[word.len()..].trim_start(), '"'));
        }
        for (key, dialect) in [
            ("server.tomcat.accesslog.pattern", Dialect::Tomcat),
            ("server.undertow.accesslog.pattern", Dialect::Undertow),
            ("server.jetty.accesslog.custom-format", Dialect::Jetty),
        ] {
            let enabled = key.rsplit_once('.').map_or(key, |(front, _)| front);
            if let Some(rest) = line.strip_prefix(enabled)
                && rest.starts_with(".enabled")
                && rest.ends_with("true")
            {
                spring = Some(dialect);
            }
            if let Some(rest) = line.strip_prefix(key) {
                let value = rest.trim_start().trim_start_matches(['=', ':']).trim();
                push(dialect, value.trim_matches('\'').to_owned());
            }
        }
    }
    for (at, _) in text.match_indices("AccessLogValve") {
        let rest = &text[at..];
        let end = rest.find("/>").or_else(|| rest.find('>'));
        let element = &rest[..end.unwrap_or(rest.len())];
        let Some(from) = element.find("pattern=") else {
            push(Dialect::Tomcat, "common".to_owned());
            continue;
        };
        let value = &element[from + 8..];
        if let Some(mark) = value
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
    if out.is_empty() {
        let logs = text.lines().map(str::trim);
        let nginx = logs
            .filter_map(|line| line.strip_prefix("access_log "))
            .any(|rest| rest.trim() != "off;");
        if nginx {
            out.push(Found {
                dialect: Dialect::Nginx,
                pattern: NGINX_COMBINED.to_owned(),
            });
        } else if let Some(dialect) = spring {
            out.push(Found {
                dialect,
                pattern: "common".to_owned(),
            });
        }
    }
    out
}

/// The format nginx uses when `access_log` names none.
const NGINX_COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";

/// The text without lines that begin with `#` and without XML comments.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("<!--") {
        out += &rest[..open];
        rest = rest[open..]
            .find("-->")
            .map_or("", |end| &rest[open + end + 3..]);
    }
    out += rest;
    let lines = out
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(text: &str) -> Vec<(Dialect, String)> {
        let found = patterns_in(text).into_iter();
        found.map(|found| (found.dialect, found.pattern)).collect()
    }

    #[test]
    fn what_is_commented_out_does_not_count() {
        let text = "<!-- <Valve className=\"org.apache.catalina.valves.AccessLogValve\" pattern=\"%a\"/> -->\n\
                    <Valve className=\"org.apache.catalina.valves.AccessLogValve\" pattern=\"%h %t &quot;%r&quot; %s\"/>\n\
                    # LogFormat \"%v %t %s\" old\n";
        assert_eq!(
            patterns(text),
            [(Dialect::Tomcat, "%h %t \"%r\" %s".to_owned())]
        );
    }

    #[test]
    fn servers_have_formats_of_their_own() {
        let nginx =
            "http {\n  # log_format main '$a';\n  access_log /var/log/nginx/access.log;\n}\n";
        assert_eq!(
            patterns(nginx),
            [(Dialect::Nginx, NGINX_COMBINED.to_owned())]
        );
        assert_eq!(patterns("http {\n  access_log off;\n}\n"), []);
        let spring = "server.port=80\nserver.tomcat.accesslog.enabled=true\n";
        assert_eq!(patterns(spring), [(Dialect::Tomcat, "common".to_owned())]);
        let valve = "<Valve className=\"org.apache.catalina.valves.AccessLogValve\"/>";
        assert_eq!(patterns(valve), [(Dialect::Tomcat, "common".to_owned())]);
    }

    #[test]
    fn real_configurations() {
        let jk = "JkRequestLogFormat \"%w %V %m \\\"%U\\\" %s %T\"\n";
        assert_eq!(
            patterns(jk),
            [(Dialect::ModJk, "%w %V %m \"%U\" %s %T".to_owned())]
        );
        let pieces = "log_format timed escape=json '$remote_addr [$time_local] '\n   '\"$request\" $status';";
        assert_eq!(
            patterns(pieces),
            [(
                Dialect::Nginx,
                "$remote_addr [$time_local] \"$request\" $status".to_owned()
            )]
        );
    }
}
