//! The words that the program can say, found in its source: every literal of `t!` and `key!`, and the text of every rule.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The rooms that have a file of translations for themselves; all others share one.
pub(crate) const ROOMS: &[&str] = &[
    "access", "events", "gc", "heap", "host", "incident", "threads",
];

/// What is said.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Every key with the rooms that say it and the first place.
    pub(crate) keys: BTreeMap<String, (BTreeSet<String>, String)>,
    /// Literals where words for people stand but the catalogue does not know them.
    pub(crate) bare: Vec<(String, String)>,
}

impl Words {
    /// The file that holds the translation of `key`; nothing for a key that is not used.
    pub(crate) fn home(&self, key: &str) -> Option<&str> {
        let (rooms, _) = self.keys.get(key)?;
        Some(match rooms.first() {
            Some(room) if rooms.len() == 1 => room,
            _ => "shared",
        })
    }

    /// Notes that `room` says `key`.
    pub(crate) fn say(&mut self, room: &str, key: &str, place: String) {
        let known = self.keys.entry(key.to_owned());
        let (rooms, _) = known.or_insert_with(|| (BTreeSet::new(), place));
        rooms.insert(room.to_owned());
    }

    /// Adds what the source file `name` says.
    pub(crate) fn read(&mut self, name: &str, text: &str) {
        let tokens = TokenStream::from_str(text).expect("a file of the project is Rust");
        self.walk(name, &without_tests(tokens));
    }

    fn walk(&mut self, name: &str, tokens: &[TokenTree]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
            if let TokenTree::Group(group) = token {
                let mac = is_punct(before(1), '!').then(|| ident(before(2))).flatten();
                let inside = without_tests(group.stream());
                match mac.as_deref() {
                    Some("t" | "key") => {
                        if let Some((key, line)) = first_literal(&inside) {
                            self.say(room_of(name), &key, format!("{name}:{line}"));
                        }
                    }
                    _ if says_words(tokens, at) => self.bare(name, group),
                    _ => {}
                }
                if ident(before(1)).as_deref() != Some("RuleMeta") {
                    self.fields(name, &inside);
                }
                self.walk(name, &inside);
            }
            at += 1;
        }
    }

    /// Literals among the arguments of a call that shows its arguments.
    fn bare(&mut self, name: &str, group: &Group) {
        let mut stack: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut at = 0;
        while at < stack.len() {
            match &stack[at] {
                // The arguments of a macro are its own, but `format!` makes words.
                TokenTree::Punct(punct) if punct.as_char() == '!' => {
                    if ident(at.checked_sub(1).map(|at| &stack[at])).as_deref() == Some("format")
                        && let Some(TokenTree::Group(inner)) = stack.get(at + 1)
                        && let Some(template) = inner.stream().into_iter().next()
                    {
                        self.complain(name, &template);
                    }
                    at += 1;
                }
                TokenTree::Group(inner) if inner.delimiter() == Delimiter::Bracket => {
                    let inner: Vec<TokenTree> = inner.stream().into_iter().collect();
                    stack.splice(at..=at, inner);
                    continue;
                }
                other => self.complain(name, other),
            }
            at += 1;
        }
    }

    /// Literals that are the value of a field that is shown.
    fn fields(&mut self, name: &str, tokens: &[TokenTree]) {
        for part in tokens.windows(3) {
            let shown = matches!(
                ident(part.first()).as_deref(),
                Some("title" | "label" | "statement" | "summary")
            );
            if shown && is_punct(part.get(1), ':') {
                self.complain(name, &part[2]);
            }
        }
    }

    fn complain(&mut self, name: &str, token: &TokenTree) {
        if let Some((text, line)) = literal(token)
            && fixed(&text).any(|part| part.chars().any(char::is_alphabetic))
        {
            let place = format!("{name}:{line}: {text:?} is not for the catalogue");
            self.bare.push((room_of(name).to_owned(), place));
        }
    }
}

/// What stands between the holes of a template.
pub(crate) fn fixed(template: &str) -> impl Iterator<Item = &str> {
    template.split(['{', '}']).step_by(2).map(str::trim)
}

/// The room whose file of translations has the words of a source file.
fn room_of(name: &str) -> &str {
    let inside = name.strip_prefix("src/").unwrap_or(name);
    let room = inside.split(['/', '.']).next().unwrap_or_default();
    match ROOMS.contains(&room) {
        true => room,
        false => "shared",
    }
}

/// Whether the group at `at` holds the arguments of a call that shows its words.
fn says_words(tokens: &[TokenTree], at: usize) -> bool {
    let name = |back: usize| ident(at.checked_sub(back).and_then(|at| tokens.get(at)));
    let (class, method) = (name(4).unwrap_or_default(), name(1).unwrap_or_default());
    matches!(
        (class.as_str(), method.as_str()),
        ("Table" | "Finding" | "Evidence" | "ParseIssue", "new")
            | ("Section", "main" | "detail")
            | ("Words", "strong")
            | (_, "line_not_understood")
    )
}

/// The tokens without items that are for tests only.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut out = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let test = matches!(&token, TokenTree::Group(group) if is_punct(out.last(), '#')
            && group.stream().to_string().replace(' ', "") == "cfg(test)");
        if !test {
            out.push(token);
            continue;
        }
        out.pop();
        for skipped in tokens.by_ref() {
            let body = matches!(&skipped, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            if body || is_punct(Some(&skipped), ';') {
                break;
            }
        }
    }
    out
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn first_literal(tokens: &[TokenTree]) -> Option<(String, usize)> {
    tokens.first().and_then(literal)
}

/// The value and the line of a string literal.
fn literal(token: &TokenTree) -> Option<(String, usize)> {
    let TokenTree::Literal(literal) = token else {
        return None;
    };
    let line = literal.span().start().line;
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some((text.value(), line)),
        _ => None,
    }
}
