//! The configuration languages of servers as format languages: `LogFormat` of httpd and its relatives in Tomcat, Jetty,
//! Undertow and Varnish, `log_format` of nginx, the access log strings of Envoy and HAProxy.

use super::codes::{Meaning, Part, envoy, haproxy, nginx, percent};
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
    /// `JkRequestLogFormat` of mod_jk: `%T` in seconds with a fraction, its log's stamp at the end.
    ModJk,
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
            Self::Tomcat | Self::Undertow | Self::Nginx | Self::ModJk => Some(StampMeaning::End),
        }
    }

    /// The unit of `%D`.
    pub(super) fn unit(self) -> Option<DurationUnit> {
        match self {
            Self::Percent | Self::Tomcat => None,
            Self::Httpd | Self::Jetty | Self::Varnish => Some(DurationUnit::Micros),
            Self::Undertow | Self::Envoy | Self::Haproxy => Some(DurationUnit::Millis),
            Self::Nginx | Self::ModJk => Some(DurationUnit::Seconds),
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

fn push_text(elements: &mut Vec<Element>, text: &[u8]) {
    if text.is_empty() {
        return;
    }
    match elements.last_mut() {
        Some(Element::Text(last)) => last.extend_from_slice(text),
        _ => elements.push(Element::Text(text.to_vec())),
    }
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
    /// A word of a mapping that names no field.
    #[error(
        "{word:?} is no FIELD=KEY; fields are time, status, method, path, request, duration, bytes, client, forwarded, agent and server"
    )]
    Word {
        /// The word.
        word: String,
    },
}

/// Compiles a pattern whose words tell whose it is.
pub(super) fn layout(pattern: &str) -> Result<Layout, PatternError> {
    layout_of(pattern, Dialect::of(pattern))
}

/// Compiles a pattern.
pub(super) fn layout_of(pattern: &str, dialect: Dialect) -> Result<Layout, PatternError> {
    let pattern = pattern.to_owned();
    let mut neutral = translate(&pattern, dialect);
    if dialect == Dialect::ModJk {
        // `JkLogStampFormat` as it is by default stands before every line of this log.
        let stamp = [
            Element::Text(b"[".to_vec()),
            Element::Field(Field::TimeAscii),
            Element::Text(b"] ".to_vec()),
        ];
        neutral.elements.splice(0..0, stamp);
    }
    let has = |wanted: &[Field]| {
        let one =
            |element: &Element| matches!(element, Element::Field(field) if wanted.contains(field));
        neutral.elements.iter().any(one)
    };
    use Field::{RequestLine, Status, Target, TimeAny, TimeAscii, TimeClf, TimeEpoch, TimeIso};
    let missing = match () {
        () if !has(&[TimeClf, TimeIso, TimeAny, TimeEpoch, TimeAscii]) => Some("time stamp"),
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
            Self::ModJk => "mod_jk log",
            Self::Varnish => "varnishncsa format",
            Self::Nginx => "nginx log_format",
            Self::Envoy => "Envoy format string",
            Self::Haproxy => "HAProxy log-format",
        }
    }
}
