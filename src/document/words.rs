//! Running text with the little mark-up a report needs.

/// A piece of running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Plain words.
    Plain(String),
    /// A name of a class, file, flag or thread: shown as code, never broken or translated.
    Code(String),
    /// Words that carry the sentence.
    Strong(String),
}

/// Running text: plain words unless marked otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(pub Vec<Span>);

impl Words {
    /// Text shown as code.
    pub fn code(text: impl Into<String>) -> Self {
        Self(vec![Span::Code(text.into())])
    }

    /// Text that carries the sentence.
    pub fn strong(text: impl Into<String>) -> Self {
        Self(vec![Span::Strong(text.into())])
    }

    /// A sentence in which flags and commands stand between backticks.
    pub fn sentence(text: &str) -> Self {
        let parts: Vec<&str> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return text.into();
        }
        let span = |(index, part): (usize, &&str)| match index % 2 {
            0 => Span::Plain((*part).to_owned()),
            _ => Span::Code((*part).to_owned()),
        };
        let spans = parts.iter().enumerate().map(span);
        Self(spans.filter(|span| !span.text().is_empty()).collect())
    }

    /// This text followed by `more`.
    #[must_use]
    pub fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }

    /// The words without mark-up.
    pub fn plain(&self) -> String {
        self.0.iter().map(Span::text).collect()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.text().is_empty())
    }
}

impl Span {
    /// The text without mark-up.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Code(text) | Self::Strong(text) => text,
        }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self(vec![Span::Plain(text)])
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_come_in_pairs() {
        let words = Words::sentence("run `diag heap` on it");
        assert_eq!(words.0[1], Span::Code("diag heap".to_owned()));
        assert_eq!(words.plain(), "run diag heap on it");
        assert_eq!(Words::sentence("a ` b"), Words::from("a ` b"));
        assert_eq!(Words::sentence("`x`"), Words::code("x"));
    }
}
