//! Rust source with what is not code taken out, so that a plain search finds only code.

/// The code of a file, line by line from 1: comments and the content of literals are blank, tests at its end are cut.
pub(crate) fn code(text: &str) -> Vec<(usize, String)> {
    let blank = blanked(text);
    let lines = blank.lines().enumerate();
    lines
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

/// The text with the same lines, but comments and the content of string and character literals as blanks.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string(rest)
        } else if let Some(length) = raw_string(rest, out.chars().last()) {
            length
        } else if first == '\'' {
            character(rest)
        } else {
            0
        };
        if skip == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let blank = |c| if c == '\n' { '\n' } else { ' ' };
            out.extend(rest[..skip].chars().map(blank));
            rest = &rest[skip..];
        }
    }
    out
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string(rest: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| c.is_alphanumeric() && c != 'b') {
        return None;
    }
    let hashes = rest.strip_prefix('r')?;
    let count = hashes.len() - hashes.trim_start_matches('#').len();
    let body = hashes[count..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(count));
    let start = rest.len() - body.len();
    Some(
        body.find(&close)
            .map_or(rest.len(), |end| start + end + close.len()),
    )
}

/// A character literal, not a lifetime.
fn character(rest: &str) -> usize {
    let body = &rest[1..];
    let length = match body.chars().next() {
        Some('\\') => body[1..].find('\'').map(|end| 1 + end.max(1)),
        Some(c) => Some(c.len_utf8()),
        None => None,
    };
    let length = length.unwrap_or(0);
    match body
        .get(length..)
        .is_some_and(|rest| rest.starts_with('\''))
    {
        true => length + 2,
        false => 0,
    }
}

/// Whether `word` stands in `line` as a whole word.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        let after = line[index + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The top-level modules of the crate that the code names, with the line of each.
pub(crate) fn rooms_named(code: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let whole: String = code.iter().map(|(_, line)| format!("{line}\n")).collect();
    for (index, _) in whole.match_indices("crate::") {
        let line = whole[..index].matches('\n').count() + 1;
        let rest = &whole[index + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut word = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        _ if depth > 0 => {}
                        ',' => out.push((line, std::mem::take(&mut word))),
                        _ => word.push(c),
                    }
                }
                out.push((line, word));
            }
            None => {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                out.push((line, rest[..end].to_owned()));
            }
        }
    }
    let first = |word: &str| {
        let word = word.trim().split("::").next().unwrap_or_default();
        word.split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    out.into_iter()
        .map(|(line, word)| (line, first(&word)))
        .filter(|(_, word)| !word.is_empty())
        .collect()
}
