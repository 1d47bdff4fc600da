//! Every value that reaches the page passes here.

use std::borrow::Cow;

use super::super::{leads_with_unit, safe};
use crate::document::{Span, Words};

/// Most bytes of one piece of text; nothing that a person reads is longer.
const LONGEST: usize = 20_000;

/// Shorter names are never broken.
const SHORT: usize = 24;

/// Text or the value of a quoted attribute, in one line.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push(&mut out, text);
    out
}

fn push(out: &mut String, text: &str) {
    if text.len() <= LONGEST && text.bytes().all(harmless) {
        out.push_str(text);
    } else {
        let (text, cut) = clip(text, LONGEST);
        out.push_str(&marked(&safe::inline(text)));
        out.push_str(cut);
    }
}

/// Printable ASCII that means nothing in HTML.
fn harmless(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')
}

/// Text whose line breaks stay, at most `limit` bytes.
pub(super) fn block(text: &str, limit: usize) -> String {
    let (text, cut) = clip(text, limit);
    marked(&safe::block(text)) + cut
}

/// Running text.
pub(super) fn words(words: &Words) -> String {
    let mut out = String::new();
    for span in words.0.iter().filter(|span| !span.text().is_empty()) {
        match span {
            Span::Plain(plain) => out += &prose(plain),
            // The name of a thread or a flag stays whole; what is longer may be broken.
            Span::Code(name) if name.len() < SHORT => {
                out += "<code class=\"nb\">";
                out += &text(name);
                out += "</code>";
            }
            Span::Code(name) => {
                out += "<code>";
                out += &together(&breakable(&text(name)));
                out += "</code>";
            }
            Span::Strong(strong) => {
                out += "<strong>";
                out += &prose(strong);
                out += "</strong>";
            }
        }
    }
    out
}

/// A sentence. Not for attributes: it may hold elements.
pub(super) fn prose(sentence: &str) -> String {
    let escaped = text(sentence);
    let long = |word: &str| word.len() >= SHORT && word.contains('.');
    if !escaped.split(' ').any(long) {
        return together(&escaped).into_owned();
    }
    let words = escaped.split(' ').map(|word| match long(word) {
        true => breakable(word),
        false => Cow::Borrowed(word),
    });
    let words: Vec<Cow<'_, str>> = words.collect();
    together(&words.join(" ")).into_owned()
}

/// Escaped text in which lines end neither behind the hyphen of a flag nor between a number and its unit.
fn together(escaped: &str) -> Cow<'_, str> {
    let bytes = escaped.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        match byte {
            b'-' if !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
                let dashes = 1 + bytes[at + 1..]
                    .iter()
                    .take_while(|byte| **byte == b'-')
                    .count();
                if bytes.get(at + dashes).is_some_and(u8::is_ascii_alphabetic) {
                    out += &escaped[copied..at];
                    copied = at + dashes + 1;
                    out += "<span class=\"nb\">";
                    out += &escaped[at..copied];
                    out += "</span>";
                }
            }
            b' ' if before.is_some_and(|byte| byte.is_ascii_digit())
                && leads_with_unit(&escaped[at + 1..]) =>
            {
                out += &escaped[copied..at];
                out.push('\u{a0}');
                copied = at + 1;
            }
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(escaped);
    }
    out += &escaped[copied..];
    Cow::Owned(out)
}

/// Escaped text with places where a long name may be broken: after a dot, a slash, a dollar sign.
pub(super) fn breakable(escaped: &str) -> Cow<'_, str> {
    if escaped.len() < SHORT {
        return Cow::Borrowed(escaped);
    }
    let mut out = String::with_capacity(escaped.len() + 40);
    let mut copied = 0;
    for (at, _) in escaped.match_indices(['.', '/', '$', ':', '_']) {
        out += &escaped[copied..=at];
        out += "<wbr>";
        copied = at + 1;
    }
    out += &escaped[copied..];
    Cow::Owned(out)
}

fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// At most `limit` bytes of `text`, and the sign that something is missing.
fn clip(text: &str, limit: usize) -> (&str, &'static str) {
    if text.len() <= limit {
        return (text, "");
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], " …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_mark_up() {
        assert_eq!(
            text("<a href='x'>\"&\x1b"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;␛"
        );
        assert_eq!(
            prose("lost 85 % in 2 min 3 s마다: set -XX:+UseG1GC, --xss-a; a - b, x-y"),
            "lost 85\u{a0}% in 2\u{a0}min 3\u{a0}s마다: set <span class=\"nb\">-X</span>X:+UseG1GC, \
             <span class=\"nb\">--x</span>ss-a; a - b, x-y"
        );
        assert_eq!(breakable(&text("short.name")), "short.name");
        assert_eq!(clip("한국어", 4), ("한", " …"));
    }
}
