//! What the codes of a pattern stand for, in the words of each server.

use super::dialect::Dialect;
use super::request::Field;
use super::{DurationUnit, StampMeaning};

/// How much a duration field is preferred when a pattern has several.
pub(super) type Rank = u8;

/// What a code of a pattern stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Plain(Field),
    /// Between brackets.
    Bracketed(Field),
    /// Between quotes.
    Quoted(Field),
    Timed(Option<DurationUnit>, Rank),
}

/// A piece of a pattern.
pub(super) enum Part {
    Text(Vec<u8>),
    Code(Meaning),
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
pub(super) fn percent(
    pattern: &str,
    dialect: Dialect,
    stamp: &mut Option<StampMeaning>,
) -> Vec<Part> {
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
    if dialect == Dialect::ModJk {
        return Meaning::Plain(match letter {
            'w' => Field::Upstream,
            'm' => Field::Method,
            'U' => Field::Target,
            'r' => Field::RequestLine,
            's' => Field::Status,
            'b' | 'B' => Field::Bytes,
            'T' => return Meaning::Timed(dialect.unit(), 0),
            _ => Field::Skip,
        });
    }
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

/// `$name` and `${name}`.
pub(super) fn nginx(pattern: &str) -> Vec<Part> {
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

/// `%COMMAND(argument):length%`.
pub(super) fn envoy(pattern: &str) -> Vec<Part> {
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

/// `%Ta`, `%{+Q}r`, `%[src]`: flags in braces, then a name or an expression in brackets.
pub(super) fn haproxy(pattern: &str) -> Vec<Part> {
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
