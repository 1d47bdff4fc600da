//! W3C extended logs: IIS, HTTP.sys, Azure App Service, CloudFront, Incapsula. `#Fields` names the columns and may
//! change inside a file. Times are UTC; IIS writes a line after the response, so they are ends. The ExtendedAccessLogValve of
//! Tomcat writes the start and whole seconds (fixtures/lab/access/captures/tomcat-extended.log), once for each new file.
//! Source: W3C WD-logfile-960323; Microsoft, "W3C Logging"; AWS, "CloudFront standard logs"; Tomcat, ExtendedAccessLogValve.

use super::Layout;
use crate::access::pattern::{Element, Program, Shape};
use crate::access::request::Field;
use crate::access::{DurationUnit, StampMeaning};

/// A stretch of a file under one `#Fields` line.
pub(in crate::access) struct Announced {
    /// Offset of the first byte after the line.
    pub(in crate::access) from: usize,
    /// How its lines are read; `None` when the columns do not make a request.
    pub(in crate::access) layout: Option<Layout>,
}

/// Whether the text begins with W3C directives that name columns of requests.
pub(super) fn announced(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.starts_with(b"#")
        && sections(head)
            .iter()
            .any(|section| section.layout.is_some())
}

/// All stretches of `text`, in order.
pub(in crate::access) fn sections(text: &[u8]) -> Vec<Announced> {
    const MARK: &[u8] = b"#Fields:";
    let mut out = Vec::new();
    for at in memchr::memmem::find_iter(text, MARK) {
        if at > 0 && text[at - 1] != b'\n' && !text[..at].ends_with(b"\xef\xbb\xbf") {
            continue;
        }
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
        let names = text[at + MARK.len()..end].trim_ascii();
        let mut following = crate::input::Lines::new(text.get(end + 1..).unwrap_or_default())
            .map(|line| line.text)
            .peekable();
        let mut tomcat = false;
        while let Some(line) = following.next_if(|line| line.starts_with(b"#")) {
            tomcat |= line.starts_with(b"#Software: Apache Tomcat");
        }
        let example = following.next().unwrap_or_default();
        out.push(Announced {
            from: (end + 1).min(text.len()),
            layout: layout(names, example, tomcat),
        });
        // A file of nothing but directives must not cost memory.
        if out.len() == 10_000 {
            break;
        }
    }
    out
}

fn layout(names: &[u8], example: &[u8], tomcat: bool) -> Option<Layout> {
    let names = String::from_utf8_lossy(names).into_owned();
    let tabs = example.contains(&b'\t');
    let quoted = example.starts_with(b"\"");
    let (gap, name) = match (tabs, names.contains("x-edge-")) {
        _ if tomcat => (" ", "Tomcat extended"),
        (_, true) => ("\t", "CloudFront"),
        (true, false) => ("\t", "W3C extended"),
        (false, false) if names.contains("sc-win32-status") => (" ", "IIS W3C"),
        (false, false) => (" ", "W3C extended"),
    };
    let mut elements = Vec::new();
    let mut fields = Vec::new();
    for (index, column) in names.split_whitespace().enumerate() {
        let field = match column {
            "date" => Field::Date,
            "time" => Field::TimeOfDay,
            "cs-method" => Field::Method,
            "cs-uri-stem" | "cs-uri" => Field::Target,
            "sc-status" => Field::Status,
            "sc-bytes" | "bytes" => Field::Bytes,
            "time-taken" => Field::Duration,
            "c-ip" => Field::Client,
            "cs(User-Agent)" => Field::Agent,
            _ => Field::Skip,
        };
        let quote = if quoted { "\"" } else { "" };
        let between = match index {
            0 => quote.to_owned(),
            _ => format!("{quote}{gap}{quote}"),
        };
        if !between.is_empty() {
            elements.push(Element::Text(between.into_bytes()));
        }
        elements.push(Element::Field(field));
        fields.push(field);
    }
    if quoted {
        elements.push(Element::Text(b"\"".to_vec()));
    }
    let has = |field| fields.contains(&field);
    if !(has(Field::Date) && has(Field::TimeOfDay) && has(Field::Status)) {
        return None;
    }
    let (unit, stamp) = match name {
        "CloudFront" => (DurationUnit::Seconds, StampMeaning::End),
        "Tomcat extended" => (DurationUnit::Seconds, StampMeaning::Start),
        _ => (DurationUnit::Millis, StampMeaning::End),
    };
    Some(Layout {
        name: name.to_owned(),
        pattern: Some(names),
        unit: has(Field::Duration).then_some(unit),
        stamp: Some(stamp),
        shape: Shape::Pattern(Program::compile(&elements)),
    })
}
