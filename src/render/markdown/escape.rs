//! Words as Markdown that GitHub, GitLab and Jira read alike.

use super::super::safe;
use crate::document::{Span, Words};

/// Plain text in which nothing is mark-up.
pub(super) fn text(text: &str) -> String {
    let clean = safe::inline(text);
    let mut out = String::with_capacity(clean.len() + 8);
    let mut before = ' ';
    let mut chars = clean.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let marks = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '$' => true,
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '&' => after == '#' || after.is_ascii_alphabetic(),
            _ => false,
        };
        if marks {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// Text at the beginning of a line, where a dash or a number would begin a list.
pub(super) fn line(line: &str) -> String {
    let mut out = text(line.trim_start());
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    let at = match out.as_bytes().get(digits) {
        Some(b'#' | b'-' | b'+' | b'=') if digits == 0 => Some(0),
        Some(b'.' | b')') if digits > 0 => Some(digits),
        _ => None,
    };
    if let Some(at) = at {
        out.insert(at, '\\');
    }
    out
}

/// A code span that holds any text. In a cell of a table a bar must be escaped even there.
pub(super) fn code(text: &str, cell: bool) -> String {
    let clean = safe::inline(text);
    if clean.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&clean) + 1);
    let pad = match clean.starts_with('`') || clean.ends_with('`') {
        true => " ",
        false => "",
    };
    match cell {
        true => format!("{fence}{pad}{}{pad}{fence}", clean.replace('|', "\\|")),
        false => format!("{fence}{pad}{clean}{pad}{fence}"),
    }
}

/// Running text, for a paragraph or, with `cell`, for a cell of a table.
pub(super) fn words(words: &Words, cell: bool) -> String {
    let mut out = String::new();
    for span in &words.0 {
        match span {
            Span::Plain(plain) if out.is_empty() && !cell => out += &line(plain),
            Span::Plain(plain) => out += &text(plain),
            Span::Code(name) => out += &code(name, cell),
            Span::Strong(strong) => {
                let strong = text(strong.trim());
                if !strong.is_empty() {
                    out += &format!("**{strong}**");
                }
            }
        }
    }
    out
}

/// A fenced block that holds any text.
pub(super) fn fenced(text: &str) -> String {
    let clean = safe::block(text);
    let fence = "`".repeat(longest_run(&clean).max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", clean.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_text_is_mark_up() {
        assert_eq!(
            text("a|b <x> *y* snake_case _z_ $1"),
            r"a\|b \<x\> \*y\* snake_case \_z\_ \$1"
        );
        assert_eq!(line("- x"), r"\- x");
        assert_eq!(line("1. x"), r"1\. x");
        assert_eq!(line("2026-11-22"), "2026-11-22");
        assert_eq!(code("a`b|c", true), r"``a`b\|c``");
        assert_eq!(code("`", false), "`` ` ``");
        assert_eq!(fenced("```\nx\n"), "````\n```\nx\n````\n");
    }
}
