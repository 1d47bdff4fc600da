//! Coloured text and its wrapping by the columns it takes on the screen.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::{leads_with_unit, safe};
use crate::document::{Span, Words};
use crate::finding::Severity;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Dim,
    Code,
    Level(Severity),
    /// A severity word: reversed, so that it is found at a glance.
    Badge(Severity),
}

impl Ink {
    /// Parameters of the SGR escape sequence (ECMA-48 §8.3.117).
    fn codes(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Code => "36",
            Self::Level(Severity::Critical | Severity::High) => "31",
            Self::Level(Severity::Medium) => "33",
            Self::Level(Severity::Low) => "34",
            Self::Level(Severity::Info) => "32",
            Self::Badge(Severity::Critical | Severity::High) => "1;7;31",
            Self::Badge(Severity::Medium) => "1;7;33",
            Self::Badge(Severity::Low) => "1;7;34",
            Self::Badge(Severity::Info) => "1;7;32",
        }
    }

    /// `text` in this ink, if colour is wanted at all.
    pub(super) fn paint(self, text: &str, colour: bool) -> String {
        match self.codes() {
            codes if colour && !codes.is_empty() && !text.is_empty() => {
                format!("\x1b[{codes}m{text}\x1b[0m")
            }
            _ => text.to_owned(),
        }
    }
}

/// Running text in inks.
pub(super) type Inked = Vec<(Ink, String)>;

/// The spans of `words` in their inks, made safe.
pub(super) fn inked(words: &Words) -> Inked {
    let ink = |span: &Span| match span {
        Span::Plain(_) => Ink::Plain,
        Span::Code(_) => Ink::Code,
        Span::Strong(_) => Ink::Strong,
    };
    let spans = words.0.iter();
    spans
        .map(|span| (ink(span), safe::inline(span.text()).into_owned()))
        .collect()
}

/// Columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to `columns`, with an ellipsis where something is missing.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = take(text, columns.saturating_sub(1)).to_owned();
    out.push('…');
    out
}

/// `text` cut to `columns` and filled up with blanks.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let mut out = fit(text, columns);
    let missing = columns.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// The longest beginning of `text` that takes at most `columns`.
fn take(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[..index];
        }
    }
    text
}

/// Pieces that stand together on one line.
type Word = Vec<(Ink, String)>;

fn words_of(text: &[(Ink, String)]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word::new();
    for (ink, piece) in text {
        for (index, part) in piece.split(' ').enumerate() {
            if index > 0 && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if !part.is_empty() {
                word.push((*ink, part.to_owned()));
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    with_units(words)
}

/// The same words, with each unit at its number.
fn with_units(words: Vec<Word>) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        let unit = word
            .first()
            .filter(|(_, text)| leads_with_unit(text))
            .map(|(ink, _)| *ink);
        let digit = |(_, text): &(Ink, String)| text.ends_with(|c: char| c.is_ascii_digit());
        let number = out.last_mut().filter(|word| word.last().is_some_and(digit));
        match (number, unit) {
            (Some(number), Some(ink)) => {
                number.push((ink, " ".to_owned()));
                number.extend(word);
            }
            _ => out.push(word),
        }
    }
    out
}

/// Lines of at most `columns`, painted. Code is never broken and may stand out; other words that are too long are, and
/// so is the text of scripts that write without blanks. A word of Korean stays whole.
pub(super) fn wrap(text: &[(Ink, String)], columns: usize, colour: bool) -> Vec<String> {
    let columns = columns.max(10);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words_of(text) {
        let size: usize = word.iter().map(|(_, part)| width(part)).sum();
        let gap = usize::from(used > 0);
        if used + gap + size <= columns {
            if gap > 0 {
                line.push(' ');
            }
            used += gap + size;
            for (ink, part) in &word {
                line += &ink.paint(part, colour);
            }
            continue;
        }
        let wide: usize = word.iter().map(|(_, part)| wide(part)).sum();
        let wide = size > columns / 2 && 2 * wide > size;
        if used > 0 && !wide {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if used > 0 {
            line.push(' ');
            used += 1;
        }
        for (ink, part) in &word {
            let mut rest = part.as_str();
            while used + width(rest) > columns && *ink != Ink::Code {
                let head = take(rest, columns - used.min(columns));
                if head.is_empty() && used == 0 {
                    break;
                }
                line += &ink.paint(head, colour);
                lines.push(std::mem::take(&mut line));
                used = 0;
                rest = &rest[head.len()..];
            }
            line += &ink.paint(rest, colour);
            used += width(rest);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Columns that wide letters take, those of Korean left out: it writes its words apart.
fn wide(text: &str) -> usize {
    let korean = |c: &char| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}');
    let letters = text.chars().filter(|c| c.width() == Some(2));
    2 * letters.filter(|c| !korean(c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_counts_columns_not_letters() {
        let text = vec![
            (Ink::Plain, "가나다라마바사아자차카타파하 ".to_owned()),
            (Ink::Code, "com.acme.AVeryLongClassNameThatStays".to_owned()),
            (Ink::Plain, ", and so on".to_owned()),
        ];
        let lines = wrap(&text, 12, false);
        assert_eq!(lines[0], "가나다라마바");
        assert!(
            lines.contains(&"com.acme.AVeryLongClassNameThatStays".to_owned()) || lines.len() > 3
        );
        let text = vec![(Ink::Plain, "스레드 23개가 더 기다린다.".to_owned())];
        assert_eq!(wrap(&text, 11, false), ["스레드", "23개가 더", "기다린다."]);
        assert_eq!(wrap(&text, 20, false), ["스레드 23개가 더", "기다린다."]);
        let text = vec![(Ink::Plain, "a 一二三四五六七八九十".to_owned())];
        assert_eq!(wrap(&text, 12, false), ["a 一二三四五", "六七八九十"]);
        let text = vec![(Ink::Plain, "lost 85.2 % in 2 min, 3 s".to_owned())];
        assert_eq!(wrap(&text, 10, false), ["lost", "85.2 % in", "2 min, 3 s"]);
        let text = vec![(Ink::Plain, "x".repeat(50))];
        assert!(wrap(&text, 20, false).iter().all(|line| line.len() <= 20));
    }

    #[test]
    fn fitting_keeps_the_width() {
        assert_eq!(fit("한국어", 4), "한…");
        assert_eq!(pad("한", 4), "한  ");
    }
}
