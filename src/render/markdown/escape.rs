//! Words as Markdown that GitHub, GitLab and Jira read alike.

use super::super::safe;
use crate::document::{Span, Words};

/// Where a piece of text will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the beginning of a line, where a dash or a number would begin a list.
    Line,
    /// Within a line.
    Inside,
    /// In a cell of a table, where a bar ends the cell, even in code.
    Cell,
}

/// Plain text in which nothing is mark-up.
pub(super) fn text(text: &str, place: Place) -> String {
    let clean = safe::inline(text);
    let clean = match place {
        Place::Line => clean.trim_start(),
        Place::Inside | Place::Cell => &clean,
    };
    let mut out = String::with_capacity(clean.len() + 8);
    let mut before = ' ';
    let mut chars = clean.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let marks = match c {
            '\\' | '`' | '*' | '[' | '<' | '~' | '$' => true,
            '|' => place == Place::Cell,
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '&' => after == '#' || after.is_ascii_alphabetic(),
            '#' | '-' | '+' | '=' | '>' => place == Place::Line && out.is_empty(),
            '.' | ')' => {
                place == Place::Line
                    && !out.is_empty()
                    && out.bytes().all(|byte| byte.is_ascii_digit())
            }
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

/// A code span that holds any text.
pub(super) fn code(text: &str, place: Place) -> String {
    let clean = safe::inline(text);
    if clean.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&clean) + 1);
    let pad = match clean.starts_with('`') || clean.ends_with('`') {
        true => " ",
        false => "",
    };
    match place {
        Place::Cell => format!("{fence}{pad}{}{pad}{fence}", clean.replace('|', "\\|")),
        Place::Line | Place::Inside => format!("{fence}{pad}{clean}{pad}{fence}"),
    }
}

/// Running text.
pub(super) fn words(words: &Words, place: Place) -> String {
    let inside = match place {
        Place::Line | Place::Inside => Place::Inside,
        Place::Cell => Place::Cell,
    };
    let mut out = String::new();
    for span in &words.0 {
        match span {
            Span::Plain(plain) if out.is_empty() => out += &text(plain, place),
            Span::Plain(plain) => out += &text(plain, inside),
            Span::Code(name) => out += &code(name, inside),
            Span::Strong(strong) => {
                let strong = text(strong.trim(), inside);
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
        let inside = |plain| text(plain, Place::Inside);
        assert_eq!(
            inside("a|b -> <x> *y* snake_case _z_ $1 [l](u)"),
            r"a|b -> \<x> \*y\* snake_case \_z\_ \$1 \[l](u)"
        );
        assert_eq!(text("a|b", Place::Cell), r"a\|b");
        assert_eq!(text("- x", Place::Line), r"\- x");
        assert_eq!(text("1. x", Place::Line), r"1\. x");
        assert_eq!(text("> x -> y", Place::Line), r"\> x -> y");
        assert_eq!(text("2026-11-22", Place::Line), "2026-11-22");
        assert_eq!(code("a`b|c", Place::Cell), r"``a`b\|c``");
        assert_eq!(code("`", Place::Inside), "`` ` ``");
        assert_eq!(fenced("```\nx\n"), "````\n```\nx\n````\n");
    }
}
