//! Every value that reaches the page passes here.

use std::borrow::Cow;

use super::super::safe;
use crate::document::{Span, Words};

/// Most bytes of one piece of text; nothing that a person reads is longer.
const LONGEST: usize = 20_000;

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

/// Printable ASCII that means nothing in HTML. A percent sign may have to keep its number.
fn harmless(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'' | b'%')
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
            Span::Plain(plain) => push(&mut out, plain),
            Span::Code(name) => {
                out += "<code>";
                out += &breakable(&text(name));
                out += "</code>";
            }
            Span::Strong(strong) => {
                out += "<strong>";
                push(&mut out, strong);
                out += "</strong>";
            }
        }
    }
    out
}

/// Escaped text with places where a long name may be broken: after a dot, a slash, a dollar sign.
pub(super) fn breakable(escaped: &str) -> Cow<'_, str> {
    if escaped.len() < 24 {
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
            // A percent sign never stands alone at the beginning of a line.
            '%' if out.ends_with(' ') => {
                out.pop();
                out.push_str("\u{a0}%");
            }
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
        assert_eq!(breakable(&text("short.name")), "short.name");
        assert_eq!(clip("한국어", 4), ("한", " …"));
    }
}
