//! The configuration languages of servers as format languages: `LogFormat` of httpd and its relatives in Tomcat, Jetty,
//! Undertow and Varnish, `log_format` of nginx, the access log strings of Envoy and HAProxy.

use super::pattern::{Element, Layout, Program, Shape};
use super::request::Field;
use super::{DurationUnit, StampMeaning};

/// Whose words a pattern is written in. `%D` and `%t` mean different things to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `%`-codes of an unknown server.
    Percent,
    /// Apache httpd: `%D` in microseconds, `%t` at the start.
    Httpd,
    /// Tomcat: `%D` in milliseconds up to 9 and in microseconds from 10, `%t` at the end.
    Tomcat,
    /// Undertow and WildFly: `%D` in milliseconds, `%t` at the end.
    Undertow,
    /// Jetty: `%D` in microseconds, `%t` at the start.
    Jetty,
    /// varnishncsa: `%D` in microseconds, `%t` at the start.
    Varnish,
    /// `$variables`, all at the end.
    Nginx,
    /// `%COMMAND(…)%`
    Envoy,
    /// `%Ta`, `%ST`, …
    Haproxy,
}

/// A pattern in neutral terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Neutral {
    pub(super) dialect: Dialect,
    pub(super) elements: Vec<Element>,
    pub(super) unit: Option<DurationUnit>,
    pub(super) stamp: Option<StampMeaning>,
}

/// How much a duration field is preferred when a pattern has several.
type Rank = u8;

/// What a code of a pattern stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain(Field),
    /// Between brackets.
    Bracketed(Field),
    /// Between quotes.
    Quoted(Field),
    Timed(Option<DurationUnit>, Rank),
}

impl Dialect {
    /// Whose words `pattern` is in, by the words themselves.
    pub(super) fn of(pattern: &str) -> Self {
        let letter = |mark: &str| {
            pattern.match_indices(mark).any(|(at, _)| {
                let next = pattern[at + 1..].chars().next();
                next.is_some_and(|c| c.is_ascii_lowercase() || c == '{')
            })
        };
        if letter("$") && !pattern.contains("%h") {
            Self::Nginx
        } else if pattern.contains("%START_TIME") || pattern.contains("%RESPONSE_CODE%") {
            Self::Envoy
        } else if ["%ci", "%ST", "%Tt", "%Ta", "%tsc"]
            .iter()
            .any(|code| pattern.contains(code))
        {
            Self::Haproxy
        } else if pattern.contains("%{i,") || pattern.contains("%{o,") {
            Self::Undertow
        } else if pattern.contains("%{Varnish:") {
            Self::Varnish
        } else {
            Self::Percent
        }
    }

    fn stamp(self) -> Option<StampMeaning> {
        match self {
            Self::Percent => None,
            Self::Httpd | Self::Jetty | Self::Varnish | Self::Envoy | Self::Haproxy => {
                Some(StampMeaning::Start)
            }
            Self::Tomcat | Self::Undertow | Self::Nginx => Some(StampMeaning::End),
        }
    }

    /// The unit of `%D`.
    fn unit(self) -> Option<DurationUnit> {
        match self {
            Self::Percent | Self::Tomcat => None,
            Self::Httpd | Self::Jetty | Self::Varnish => Some(DurationUnit::Micros),
            Self::Undertow | Self::Envoy | Self::Haproxy => Some(DurationUnit::Millis),
            Self::Nginx => Some(DurationUnit::Seconds),
        }
    }
}

/// Translates `pattern`. The well-known names `common` and `combined` stand for their patterns.
pub(super) fn translate(pattern: &str, dialect: Dialect) -> Neutral {
    let pattern = match pattern.trim() {
        "common" => COMMON,
        "combined" => COMBINED,
        other => other,
    };
    let mut stamp = dialect.stamp();
    let mut parts: Vec<Part> = match dialect {
        Dialect::Nginx => nginx(pattern),
        Dialect::Envoy => envoy(pattern),
        Dialect::Haproxy => haproxy(pattern),
        _ => percent(pattern, dialect, &mut stamp),
    };
    // Of several durations the finest total counts.
    let best = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| match part {
            Part::Code(Meaning::Timed(unit, rank)) => Some((*rank, index, *unit)),
            _ => None,
        })
        .min();
    let mut elements = Vec::new();
    for (index, part) in parts.drain(..).enumerate() {
        let (open, field, close): (&[u8], _, &[u8]) = match part {
            Part::Text(text) => {
                push_text(&mut elements, &text);
                continue;
            }
            Part::Code(Meaning::Plain(field)) => (b"", field, b""),
            Part::Code(Meaning::Bracketed(field)) => (b"[", field, b"]"),
            Part::Code(Meaning::Quoted(field)) => (b"\"", field, b"\""),
            Part::Code(Meaning::Timed(_, _)) => match best {
                Some((_, chosen, _)) if chosen == index => (b"", Field::Duration, b""),
                _ => (b"", Field::Skip, b""),
            },
        };
        push_text(&mut elements, open);
        elements.push(Element::Field(field));
        push_text(&mut elements, close);
    }
    Neutral {
        dialect,
        elements,
        unit: best.and_then(|(_, _, unit)| unit),
        stamp,
    }
}

const COMMON: &str = "%h %l %u %t \"%r\" %>s %b";
const COMBINED: &str = "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"";

enum Part {
    Text(Vec<u8>),
    Code(Meaning),
}

fn push_text(elements: &mut Vec<Element>, text: &[u8]) {
    if text.is_empty() {
        return;
    }
    match elements.last_mut() {
        Some(Element::Text(last)) => last.extend_from_slice(text),
        _ => elements.push(Element::Text(text.to_vec())),
    }
}

/// Splits `pattern` into text and codes; `code` reads one at the start of its argument and says how long it is.
fn split(
    pattern: &str,
    mark: char,
    mut code: impl FnMut(&str) -> Option<(usize, Meaning)>,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == mark
            && let Some((length, meaning)) = code(rest)
        {
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Code(meaning));
            rest = &rest[length..];
            continue;
        }
        // Quotes and backslashes of a pattern copied out of its configuration are escaped; `%%` is a percent sign.
        let escaped = match rest.as_bytes() {
            [b'\\', b'"' | b'\\' | b'\'', ..] => Some((2, rest.as_bytes()[1])),
            [b'\\', b't', ..] => Some((2, b'\t')),
            [b'%', b'%', ..] if mark == '%' => Some((2, b'%')),
            _ => None,
        };
        if let Some((length, byte)) = escaped {
            text.push(byte);
            rest = &rest[length..];
        } else {
            text.extend_from_slice(&rest.as_bytes()[..first.len_utf8()]);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

/// `%>s`, `%{User-Agent}i`, `%!200{X}o`: modifiers, an argument in braces, one letter.
fn percent(pattern: &str, dialect: Dialect, stamp: &mut Option<StampMeaning>) -> Vec<Part> {
    split(pattern, '%', |text| {
        let body = &text[1..];
        let modifiers = body
            .bytes()
            .take_while(|byte| matches!(byte, b'<' | b'>' | b'!' | b',' | b'0'..=b'9'))
            .count();
        let (argument, used) = match body[modifiers..].strip_prefix('{') {
            Some(inner) => {
                let close = inner.find('}')?;
                (&inner[..close], modifiers + close + 2)
            }
            None => ("", modifiers),
        };
        // Undertow writes the kind inside the braces.
        if let Some((kind, name)) = argument.split_once(',').filter(|(kind, _)| kind.len() == 1) {
            let meaning = with_argument(name, kind.chars().next()?, dialect, stamp);
            return Some((1 + used, meaning));
        }
        let letter = body[used..].chars().next()?;
        let meaning = match argument {
            "" => bare(letter, dialect),
            _ => with_argument(argument, letter, dialect, stamp),
        };
        Some((1 + used + letter.len_utf8(), meaning))
    })
}

fn bare(letter: char, dialect: Dialect) -> Meaning {
    Meaning::Plain(match letter {
        'h' | 'a' => Field::Client,
        't' => return Meaning::Bracketed(Field::TimeClf),
        'r' => Field::RequestLine,
        'm' => Field::Method,
        'U' => Field::Target,
        's' => Field::Status,
        'b' | 'B' => Field::Bytes,
        'X' => Field::Connection,
        'D' => return Meaning::Timed(dialect.unit(), 0),
        'T' => return Meaning::Timed(Some(DurationUnit::Seconds), 3),
        _ => Field::Skip,
    })
}

fn with_argument(
    name: &str,
    letter: char,
    dialect: Dialect,
    stamp: &mut Option<StampMeaning>,
) -> Meaning {
    let lower = name.to_ascii_lowercase();
    Meaning::Plain(match (letter, lower.as_str()) {
        ('i', "user-agent") => Field::Agent,
        ('i', "x-forwarded-for") => Field::Forwarded,
        ('a', _) => Field::Client,
        ('n', "jk_worker_name" | "jk_worker_route") => Field::Upstream,
        ('e', "balancer_worker_name" | "balancer_worker_route") => Field::Upstream,
        ('n', "jk_request_duration") => return Meaning::Timed(Some(DurationUnit::Seconds), 4),
        ('x', "varnish:time_firstbyte") => {
            return Meaning::Timed(Some(DurationUnit::Seconds), 5);
        }
        ('T', "us") => return Meaning::Timed(Some(DurationUnit::Micros), 1),
        ('T', "ms") => return Meaning::Timed(Some(DurationUnit::Millis), 2),
        ('T', "ns") => return Meaning::Timed(Some(DurationUnit::Nanos), 1),
        ('T', "fracsec") => return Meaning::Timed(Some(DurationUnit::Seconds), 2),
        ('T', _) => return Meaning::Timed(Some(DurationUnit::Seconds), 3),
        ('D', _) => return Meaning::Timed(dialect.unit(), 0),
        ('t', _) => {
            let format = match (lower.strip_prefix("begin"), lower.strip_prefix("end")) {
                (Some(rest), _) => {
                    *stamp = Some(StampMeaning::Start);
                    rest.trim_start_matches(':')
                }
                (_, Some(rest)) => {
                    *stamp = Some(StampMeaning::End);
                    rest.trim_start_matches(':')
                }
                _ => lower.as_str(),
            };
            match format {
                "" => return Meaning::Bracketed(Field::TimeClf),
                "sec" | "msec" | "usec" => Field::TimeEpoch,
                "msec_frac" | "usec_frac" => Field::Skip,
                _ => Field::TimeAny,
            }
        }
        _ => Field::Skip,
    })
}

fn nginx(pattern: &str) -> Vec<Part> {
    split(pattern, '$', |text| {
        let body = &text[1..];
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, length) = match body.strip_prefix('{') {
            Some(inner) => {
                let close = inner.find('}')?;
                (&inner[..close], close + 3)
            }
            None => {
                let end = body.find(|c| !word(c)).unwrap_or(body.len());
                (&body[..end], end + 1)
            }
        };
        (!name.is_empty()).then(|| (length, nginx_variable(name)))
    })
}

fn nginx_variable(name: &str) -> Meaning {
    Meaning::Plain(match name {
        "remote_addr" | "binary_remote_addr" => Field::Client,
        "http_x_forwarded_for" | "proxy_add_x_forwarded_for" | "http_x_real_ip" => Field::Forwarded,
        "time_local" => Field::TimeClf,
        "time_iso8601" => Field::TimeIso,
        "msec" => Field::TimeEpoch,
        "request" => Field::RequestLine,
        "request_method" => Field::Method,
        "request_uri" | "uri" | "document_uri" => Field::Target,
        "status" => Field::Status,
        "body_bytes_sent" | "bytes_sent" => Field::Bytes,
        "http_user_agent" => Field::Agent,
        "request_time" => return Meaning::Timed(Some(DurationUnit::Seconds), 0),
        "upstream_response_time" => return Meaning::Timed(Some(DurationUnit::Seconds), 1),
        "upstream_addr" => Field::Upstream,
        _ => Field::Skip,
    })
}

fn envoy(pattern: &str) -> Vec<Part> {
    split(pattern, '%', |text| {
        let close = 1 + text[1..].find('%')?;
        // The argument may hold a percent sign only in time formats: `%START_TIME(%Y-…)%`.
        let close = match text[1..close].contains('(') && !text[1..close].contains(')') {
            true => {
                let end = text.find(')')?;
                end + text[end..].find('%')?
            }
            false => close,
        };
        let command = &text[1..close];
        let command = command
            .split_once("):")
            .map_or(command, |(head, _)| head)
            .trim_end_matches(')');
        let (name, argument) = command.split_once('(').unwrap_or((command, ""));
        let argument = argument.to_ascii_uppercase();
        let field = match (name, argument.as_str()) {
            ("START_TIME", _) => Field::TimeAny,
            ("REQ", ":METHOD") => Field::Method,
            ("REQ", path) if path.ends_with(":PATH") || path.contains("ORIGINAL-PATH") => {
                Field::Target
            }
            ("REQ", "USER-AGENT") => Field::Agent,
            ("REQ", "X-FORWARDED-FOR") => Field::Forwarded,
            ("RESPONSE_CODE", _) => Field::Status,
            ("RESPONSE_FLAGS", _) => Field::Ending,
            ("BYTES_SENT", _) => Field::Bytes,
            ("DURATION", _) => {
                return Some((close + 1, Meaning::Timed(Some(DurationUnit::Millis), 0)));
            }
            ("DOWNSTREAM_REMOTE_ADDRESS", _) => Field::ClientPort,
            ("DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", _) => Field::Client,
            ("UPSTREAM_HOST", _) => Field::Upstream,
            _ => Field::Skip,
        };
        Some((close + 1, Meaning::Plain(field)))
    })
}

fn haproxy(pattern: &str) -> Vec<Part> {
    split(pattern, '%', |text| {
        let body = &text[1..];
        let (flags, mut used) = match body.strip_prefix('{') {
            Some(inner) => {
                let close = inner.find('}')?;
                (&inner[..close], close + 2)
            }
            None => ("", 0),
        };
        let bracket = body[used..].starts_with('[');
        let name = if bracket {
            let close = body[used..].find(']')?;
            let name = &body[used + 1..used + close];
            used += close + 1;
            name
        } else {
            let rest = &body[used..];
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            used += end;
            &rest[..end]
        };
        let field = match name {
            "ci" | "src" => Field::Client,
            "tr" | "t" | "trl" | "trg" | "T" | "accept_date" => Field::TimeClf,
            "Ta" => return Some((used + 1, Meaning::Timed(Some(DurationUnit::Millis), 0))),
            "Tt" => return Some((used + 1, Meaning::Timed(Some(DurationUnit::Millis), 1))),
            "ST" | "status" => Field::Status,
            "B" => Field::Bytes,
            "tsc" | "ts" => Field::Ending,
            "s" => Field::Upstream,
            "HM" => Field::Method,
            "HP" | "HU" | "HPO" => Field::Target,
            "r" if flags.contains("+Q") => {
                return Some((used + 1, Meaning::Quoted(Field::RequestLine)));
            }
            "r" => Field::RequestLine,
            _ => Field::Skip,
        };
        Some((used + 1, Meaning::Plain(field)))
    })
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A field without which a line is no request.
    #[error("the pattern {pattern:?} has no {missing}")]
    Missing {
        /// The pattern.
        pattern: String,
        /// What it lacks.
        missing: &'static str,
    },
}

/// Compiles a pattern whose words tell whose it is.
pub(super) fn layout(pattern: &str) -> Result<Layout, PatternError> {
    layout_of(pattern, Dialect::of(pattern))
}

/// Compiles a pattern.
pub(super) fn layout_of(pattern: &str, dialect: Dialect) -> Result<Layout, PatternError> {
    let pattern = pattern.to_owned();
    let neutral = translate(&pattern, dialect);
    let has = |wanted: &[Field]| {
        let one =
            |element: &Element| matches!(element, Element::Field(field) if wanted.contains(field));
        neutral.elements.iter().any(one)
    };
    use Field::{RequestLine, Status, Target, TimeAny, TimeClf, TimeEpoch, TimeIso};
    let missing = match () {
        () if !has(&[TimeClf, TimeIso, TimeAny, TimeEpoch]) => Some("time stamp"),
        () if !has(&[Status]) && !has(&[RequestLine, Target]) => Some("status and no request"),
        () => None,
    };
    if let Some(missing) = missing {
        return Err(PatternError::Missing { pattern, missing });
    }
    Ok(Layout {
        name: dialect.name().to_owned(),
        unit: neutral.unit,
        stamp: neutral.stamp,
        shape: Shape::Pattern(Program::compile(&neutral.elements)),
        pattern: Some(pattern),
    })
}

impl Dialect {
    fn name(self) -> &'static str {
        match self {
            Self::Percent => "given pattern",
            Self::Httpd => "httpd LogFormat",
            Self::Tomcat => "Tomcat valve pattern",
            Self::Undertow => "Undertow pattern",
            Self::Jetty => "Jetty format",
            Self::Varnish => "varnishncsa format",
            Self::Nginx => "nginx log_format",
            Self::Envoy => "Envoy format string",
            Self::Haproxy => "HAProxy log-format",
        }
    }
}

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
