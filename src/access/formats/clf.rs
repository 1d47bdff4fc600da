//! The common log format and everything that servers append to it: Tomcat, httpd, nginx, ingress-nginx, Jetty, Undertow,
//! Reactor Netty, Traefik, Varnish. The columns after the size are told apart by their values: quoted texts, numbers with
//! a fraction (seconds), whole numbers, addresses with a port.
//! Sources: Apache, mod_log_config; nginx, ngx_http_log_module; Tomcat, AccessLogValve; Traefik, "Access logs".

use std::collections::BTreeMap;

use super::{Family, Layout, elements, fixed};
use crate::access::pattern::{Element, Program};
use crate::access::request::{Field, Request};
use crate::access::scalar::{Clock, integer};
use crate::access::{DurationUnit, StampMeaning};

pub(super) const FAMILY: Family = Family { propose };

/// Beginnings up to the size, the usual one first. Some sites put the virtual host in front, some leave out the names.
const HEADS: [&str; 4] = [
    "{client} {-} {-} [{clf}] \"{request}\" {status} {bytes}",
    "{-} {client} {-} {-} [{clf}] \"{request}\" {status} {bytes}",
    "{client} [{clf}] \"{request}\" {status} {bytes}",
    "[{clf}] {client} {-} {-} \"{request}\" {status} {bytes}",
];

/// A word of the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'a> {
    open: u8,
    text: &'a [u8],
}

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    let mut out = Vec::new();
    for head in HEADS {
        let mut kinds: BTreeMap<Vec<u8>, Vec<(u64, Vec<Token<'_>>)>> = BTreeMap::new();
        for line in lines {
            if let Some((bytes, tokens)) = tail(head, line) {
                let shape = tokens.iter().map(|token| token.open).collect();
                kinds.entry(shape).or_default().push((bytes, tokens));
            }
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
        for (shape, rows) in kinds.iter().take(3) {
            out.push(layout(head, shape, rows));
        }
    }
    out
}

/// The size and the words after it, if the line begins like `head`.
fn tail<'a>(head: &str, line: &'a [u8]) -> Option<(u64, Vec<Token<'a>>)> {
    let mut request = Request::NONE;
    // Where the size ends: after the request line, status and size are two words.
    let mut parts = elements(head);
    parts.push(Element::Text(b" ".to_vec()));
    parts.push(Element::Field(Field::Skip));
    let mut padded = line.to_vec();
    padded.extend_from_slice(b" .");
    Program::compile(&parts)
        .run(&padded, &mut Clock::default(), 1, &mut request)
        .ok()?;
    let bytes = request.bytes;
    let quote = end_of_request_line(line)?;
    let mut words = line[quote + 2..].splitn(3, |byte| *byte == b' ');
    let (_, _) = (words.next(), words.next());
    let rest = words.next().unwrap_or_default().trim_ascii_end();
    Some((bytes, tokens(rest)?))
}

/// The quote after which status and size follow.
fn end_of_request_line(line: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(line, b"\" ").find(|at| {
        let after = &line[at + 2..];
        let digits = after
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        *at > 0 && line[at - 1] != b'\\' && (digits == 3 || after.starts_with(b"-"))
    })
}

fn tokens(mut rest: &[u8]) -> Option<Vec<Token<'_>>> {
    let mut out: Vec<Token<'_>> = Vec::new();
    while !rest.is_empty() {
        let (open, close) = match rest[0] {
            b'"' => (b'"', b'"'),
            b'[' => (b'[', b']'),
            _ => (b'w', b' '),
        };
        let begin = usize::from(open != b'w');
        let mut end = begin;
        loop {
            match rest.get(end) {
                None if open == b'w' => break,
                None => return None,
                Some(b'\\') => end += 2,
                // A list of nginx goes on after `, ` and ` : `.
                Some(b' ') if open == b'w' && rest[..end].ends_with(b",") => end += 1,
                Some(b' ') if open == b'w' && rest[..end].ends_with(b":") => end += 1,
                Some(b' ') if open == b'w' && rest[end..].starts_with(b" : ") => end += 1,
                Some(byte) if *byte == close => break,
                Some(_) => end += 1,
            }
        }
        let end = end.min(rest.len());
        let text = &rest[begin.min(end)..end];
        out.push(Token { open, text });
        let next = (end + begin).min(rest.len());
        rest = rest[next..].strip_prefix(b" ").unwrap_or(&rest[next..]);
        if out.len() > 64 {
            return None;
        }
    }
    Some(out)
}

/// What the values of a column look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Absent,
    Whole,
    Fraction,
    Millis,
    Address,
    Other,
}

fn look(values: &[&[u8]]) -> Look {
    let mut seen = Look::Absent;
    for value in values {
        let one = match *value {
            b"-" | b"" | b"-1" => Look::Absent,
            text if integer(text).is_some() => Look::Whole,
            text if text
                .strip_suffix(b"ms")
                .is_some_and(|t| integer(t).is_some()) =>
            {
                Look::Millis
            }
            text if fraction(text) => Look::Fraction,
            text if address(text) => Look::Address,
            _ => Look::Other,
        };
        seen = match (seen, one) {
            (Look::Absent, one) => one,
            (seen, Look::Absent) => seen,
            (Look::Whole | Look::Fraction, Look::Fraction) | (Look::Fraction, Look::Whole) => {
                Look::Fraction
            }
            (seen, one) if seen == one => seen,
            _ => Look::Other,
        };
    }
    seen
}

fn fraction(text: &[u8]) -> bool {
    let first = text
        .split(|byte| matches!(byte, b',' | b' '))
        .next()
        .unwrap_or(text);
    first.contains(&b'.') && crate::access::scalar::duration(first, 1_000_000_000).is_some()
}

fn address(text: &[u8]) -> bool {
    let text = text
        .strip_prefix(b"http://")
        .or_else(|| text.strip_prefix(b"https://"))
        .unwrap_or(text);
    let colon = memchr::memrchr(b':', text);
    colon.is_some_and(|at| at > 0 && integer(&text[at + 1..]).is_some_and(|port| port < 65_536))
}

fn layout(head: &str, shape: &[u8], rows: &[(u64, Vec<Token<'_>>)]) -> Layout {
    let column = |index: usize| -> Vec<&[u8]> {
        rows.iter().map(|(_, tokens)| tokens[index].text).collect()
    };
    let looks: Vec<Look> = (0..shape.len()).map(|index| look(&column(index))).collect();
    let find = |wanted: Look| looks.iter().position(|look| *look == wanted);
    let quoted = shape.iter().take_while(|open| **open == b'"').count();
    let agent = match quoted {
        0 => None,
        1 => Some(0),
        _ => Some(1),
    };
    let literal_ms =
        (0..shape.len()).find(|index| column(*index).iter().all(|text| *text == b"ms"));
    // `35 ms`: the number before the word.
    let before_ms = literal_ms.and_then(|at| at.checked_sub(1));
    let before_ms = before_ms.filter(|index| looks[*index] == Look::Whole);
    let took = before_ms
        .or_else(|| find(Look::Millis))
        .or_else(|| find(Look::Fraction))
        .or_else(|| whole_duration(rows, &looks));
    let unit = match took.map(|index| looks[index]) {
        Some(Look::Millis) => Some(DurationUnit::Millis),
        Some(Look::Fraction) => Some(DurationUnit::Seconds),
        Some(_) if literal_ms.is_some() => Some(DurationUnit::Millis),
        _ => None,
    };
    let upstream = looks.iter().enumerate().find_map(|(index, look)| {
        (*look == Look::Address && Some(index) != agent).then_some(index)
    });
    let mut parts = elements(head);
    for (index, open) in shape.iter().enumerate() {
        let field = match index {
            _ if Some(index) == took => Field::Duration,
            _ if Some(index) == agent => Field::Agent,
            _ if Some(index) == upstream => Field::Upstream,
            _ => Field::Skip,
        };
        let (before, after): (&[u8], &[u8]) = match open {
            b'"' => (b" \"", b"\""),
            b'[' => (b" [", b"]"),
            _ => (b" ", b""),
        };
        parts.push(Element::Text(before.to_vec()));
        parts.push(Element::Field(field));
        if !after.is_empty() {
            parts.push(Element::Text(after.to_vec()));
        }
    }
    let base = match quoted {
        0 => "common",
        _ => "combined",
    };
    let (name, stamp) = match took.map(|index| looks[index]) {
        None => (base.to_owned(), None),
        Some(Look::Millis) => ("Traefik common log".to_owned(), Some(StampMeaning::Start)),
        Some(Look::Fraction) if shape.contains(&b'[') => {
            ("ingress-nginx".to_owned(), Some(StampMeaning::End))
        }
        Some(Look::Fraction) if upstream.is_some() => (
            format!("nginx {base} with duration and upstream"),
            Some(StampMeaning::End),
        ),
        Some(_) if literal_ms.is_some() => ("Reactor Netty".to_owned(), Some(StampMeaning::Start)),
        Some(_) => (format!("{base} with duration"), None),
    };
    fixed(&name, &parts, unit, stamp)
}

/// Which of the whole-number columns is a duration. Sizes (`%I %O` of mod_logio) are recognised by the second one being
/// at least the size of the body in nearly all lines. Of what is left the last column with different values wins.
fn whole_duration(rows: &[(u64, Vec<Token<'_>>)], looks: &[Look]) -> Option<usize> {
    let whole: Vec<usize> = (0..looks.len())
        .filter(|index| looks[*index] == Look::Whole)
        .collect();
    let value = |tokens: &[Token<'_>], index: usize| integer(tokens[index].text).unwrap_or(0);
    let size = |index: usize| {
        let covers = rows
            .iter()
            .filter(|(bytes, tokens)| value(tokens, index) > *bytes)
            .count();
        covers * 20 >= rows.len() * 19
    };
    let pair = whole
        .windows(2)
        .find(|pair| pair[1] == pair[0] + 1 && size(pair[1]))
        .map(<[usize]>::to_vec);
    let left: Vec<usize> = whole
        .iter()
        .copied()
        .filter(|index| pair.as_ref().is_none_or(|pair| !pair.contains(index)))
        .collect();
    let varies = |index: &usize| {
        let first = rows.first().map(|(_, tokens)| value(tokens, *index));
        rows.iter()
            .any(|(_, tokens)| Some(value(tokens, *index)) != first)
    };
    // Seconds next to a finer unit (`%T %D`): the finer one has the larger sum.
    let sum = |index: usize| {
        rows.iter()
            .map(|(_, tokens)| value(tokens, index) as u128)
            .sum::<u128>()
    };
    let varying: Vec<usize> = left.iter().copied().filter(varies).collect();
    match varying.as_slice() {
        [] => left.last().copied(),
        [.., a, b] if sum(*a) > sum(*b).saturating_mul(500) => Some(*a),
        [.., b] => Some(*b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> (String, Option<DurationUnit>, Option<i64>) {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let best = super::super::choose(&lines, &[]);
        let layout = &best[0].layout;
        let mut request = Request::NONE;
        layout
            .read(lines[0], &mut Clock::default(), &mut request)
            .unwrap();
        (layout.name.clone(), layout.unit, request.duration)
    }

    const HEAD: &str = "10.0.0.1 - - [22/Nov/2026:01:02:03 +0000] \"GET /a HTTP/1.1\" 200";

    #[test]
    fn the_tail_is_told_apart_by_its_values() {
        let nginx = format!("{HEAD} 12 \"-\" \"curl\" 0.057 10.4.0.11:8080 200 0.051");
        let (name, unit, took) = read(&[&nginx]);
        assert_eq!(name, "nginx combined with duration and upstream");
        assert_eq!((unit, took), (Some(DurationUnit::Seconds), Some(57_000)));
        let traefik = format!("{HEAD} 12 \"-\" \"curl\" 7 \"shop\" \"http://10.4.0.11:8080\" 35ms");
        assert_eq!(read(&[&traefik]).2, Some(35_000));
        let netty = format!("{HEAD} 12 8080 35 ms");
        assert_eq!(read(&[&netty]).0, "Reactor Netty");
    }

    #[test]
    fn a_double_blank_divides_like_one() {
        let padded = format!("{HEAD} 12 \"-\" \"curl\" 0.057  10.4.0.11:8080 200 0.051");
        assert_eq!(read(&[&padded]).2, Some(57_000));
    }

    #[test]
    fn bytes_in_and_out_are_not_a_duration() {
        let lines: Vec<String> = (0..30)
            .map(|n| {
                format!(
                    "{HEAD} {} \"-\" \"curl\" {} {}",
                    100 * n,
                    300 + n,
                    100 * n + 250
                )
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(read(&lines).0, "combined");
    }
}
