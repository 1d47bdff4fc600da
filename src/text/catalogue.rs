//! Translations: gettext files, one a room, built into the program and read when their language is asked for.
//!
//! Of the format (GNU gettext manual, "The Format of PO Files") they use comments, `msgid` and `msgstr` with strings
//! that may go on over several lines; the entry of the empty key is the header. A key may stand in one file only:
//! what several rooms say stands in `shared`. `tests/language.rs` holds all of that, and that nothing is missing.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

/// Room and text of every file.
const KOREAN: &[(&str, &str)] = &[
    ("access", include_str!("ko/access.po")),
    ("events", include_str!("ko/events.po")),
    ("gc", include_str!("ko/gc.po")),
    ("heap", include_str!("ko/heap.po")),
    ("host", include_str!("ko/host.po")),
    ("incident", include_str!("ko/incident.po")),
    ("shared", include_str!("ko/shared.po")),
    ("threads", include_str!("ko/threads.po")),
];

/// The Korean for an English template.
pub(super) fn korean(template: &str) -> Option<&'static str> {
    static READ: OnceLock<FxHashMap<String, String>> = OnceLock::new();
    let all = READ.get_or_init(|| {
        let files = KOREAN.iter().flat_map(|(_, text)| entries(text));
        files.map(|entry| (entry.key, entry.translation)).collect()
    });
    all.get(template).map(String::as_str)
}

/// An entry of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins, counted from 1.
    pub line: usize,
    /// The English template.
    pub key: String,
    /// What it is called in the other language; may be empty in a file that is being worked on.
    pub translation: String,
}

/// The translated entries of a file in their order, without the header. Lines that are none of the format are passed
/// over.
pub fn entries(text: &str) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    let mut in_translation = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let string = if let Some(string) = line.strip_prefix("msgid ") {
            in_translation = false;
            out.push(Entry {
                line: index + 1,
                key: String::new(),
                translation: String::new(),
            });
            string
        } else if let Some(string) = line.strip_prefix("msgstr ") {
            in_translation = true;
            string
        } else {
            line
        };
        if let (Some(entry), Some(string)) = (out.last_mut(), unquoted(string)) {
            match in_translation {
                true => entry.translation += &string,
                false => entry.key += &string,
            }
        }
    }
    out.retain(|entry| !entry.key.is_empty() && !entry.translation.is_empty());
    out
}

/// The content of a quoted string.
fn unquoted(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        out.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                't' => '\t',
                other => other,
            },
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_go_on_over_lines_and_comments_do_not_count() {
        let text = "# comment\nmsgid \"\"\nmsgstr \"Language: ko\\n\"\n\n#: src/a.rs:1\nmsgid \"a \\\"{b}\\\" \"\n\"c\\\\d\"\n\
                    msgstr \"\"\n\"가 {b}\"\n\nmsgid \"open\"\nmsgstr \"\"\n";
        let [entry] = &entries(text)[..] else {
            panic!("{:?}", entries(text));
        };
        assert_eq!(entry.key, "a \"{b}\" c\\d");
        assert_eq!(entry.translation, "가 {b}");
        assert_eq!(entry.line, 6);
        assert_eq!(entries("msgid \"a\nmsgstr \"\\\""), []);
    }
}
