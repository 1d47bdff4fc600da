//! Text of evidence is hostile: it can hold escape codes, direction overrides and characters without a shape. They are
//! made visible, never passed through.

use std::borrow::Cow;
use std::fmt::Write;

/// For one line: line breaks and tabs become spaces.
pub(super) fn inline(text: &str) -> Cow<'_, str> {
    visible(text, " ", " ")
}

/// For text shown as it is: line breaks stay, tabs become four spaces.
pub(super) fn block(text: &str) -> Cow<'_, str> {
    visible(text, "\n", "    ")
}

fn visible<'a>(text: &'a str, newline: &str, tab: &str) -> Cow<'a, str> {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte);
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\u{2028}' | '\u{2029}' => out.push_str(newline),
            '\t' => out.push_str(tab),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or(' ')),
            '\x7f' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "<U+{:04X}>", c as u32);
            }
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_is_shown() {
        assert_eq!(inline("a\x1b[31mb\x07"), "a␛[31mb␇");
        assert_eq!(inline("a\r\nb\tc\u{9b}1m"), "a b c<U+009B>1m");
        assert_eq!(inline("x\u{202e}y"), "x<U+202E>y");
        assert_eq!(block("a\n\tb\0"), "a\n    b␀");
        assert!(matches!(inline("한국어 שלום"), Cow::Owned(text) if text == "한국어 שלום"));
    }
}
