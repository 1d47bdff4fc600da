//! Rotated sets: pieces of one log under names that rotation gave them.

use std::collections::BTreeMap;

use super::{Kind, Source};

/// Endings that say how a piece is packed or that it is the newest, not what it is.
const ENDINGS: [&str; 8] = [
    ".gz", ".zst", ".bz2", ".xz", ".current", ".old", ".bak", ".txt",
];

/// Gives the sources of one set its name. A set has the same folder, the same stem and the same kind, and at least two
/// pieces: a lone `gc.log.3` is simply a log.
pub(super) fn group(sources: &mut [Source]) {
    let mut sets: BTreeMap<(String, Kind), Vec<usize>> = BTreeMap::new();
    for (index, source) in sources.iter().enumerate() {
        let kind = source.kind();
        if matches!(kind, Kind::GcLog | Kind::AccessLog | Kind::Events) {
            sets.entry((stem(&source.name), kind))
                .or_default()
                .push(index);
        }
    }
    for ((stem, _), members) in sets {
        if members.len() > 1 {
            for index in members {
                sources[index].series = Some(stem.clone());
            }
        }
    }
}

/// The name without what rotation, compression, dates (`%t`) and process numbers (`%p`) added: `a/gc.log.1.current`
/// and `a/gc.log.0.gz` are both `a/gc.log`.
fn stem(name: &str) -> String {
    let (folder, file) = match name.rfind('/') {
        Some(slash) => name.split_at(slash + 1),
        None => ("", name),
    };
    let mut file = file;
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)) {
        file = shorter;
    }
    let mut out = folder.to_owned();
    let mut rest = file;
    while !rest.is_empty() {
        let skipped = variable(rest).filter(|_| !out.ends_with(|c: char| c.is_ascii_digit()));
        if let Some(length) = skipped {
            rest = &rest[length..];
            // One separator goes with the variable part: `gc-2026-11-22.log` is `gc.log`.
            if out.ends_with(['-', '_', '.']) && out.len() > folder.len() {
                out.pop();
            }
            continue;
        }
        let end = rest.chars().next().map_or(rest.len(), char::len_utf8);
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    let stem = out[folder.len()..]
        .split('.')
        .filter(|part| !is_number(part))
        .collect::<Vec<_>>()
        .join(".");
    match stem.trim_start_matches(['.', '-', '_']) {
        "" => name.to_owned(),
        stem => format!("{folder}{stem}"),
    }
}

/// The number of a rotated piece.
fn is_number(part: &str) -> bool {
    (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Length of a date, a date with a time, or `pid123` at the start of `text`.
fn variable(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or(&[]);
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    if text.starts_with("pid") && digits(3) > 0 {
        return Some(3 + digits(3));
    }
    let year = text.starts_with("20") || text.starts_with("19");
    let date = match digits(0) {
        8 if year => 8,
        14 if year => return Some(14),
        4 if year && digits(5) == 2 && digits(8) == 2 && bytes[4] == bytes[7] => 10,
        _ => return None,
    };
    let separated = matches!(bytes.get(date), Some(b'_' | b'-' | b'T' | b'.'));
    if !separated {
        return Some(date);
    }
    let time = date + 1;
    let colons = matches!(bytes.get(time + 2), Some(b'-' | b':' | b'_' | b'.'));
    if digits(time) == 2 && colons && digits(time + 3) == 2 {
        let seconds = bytes.get(time + 5) == bytes.get(time + 2) && digits(time + 6) == 2;
        return Some(if seconds { time + 8 } else { time + 5 });
    }
    match digits(time) {
        6 | 4 | 2 => Some(time + digits(time)),
        _ => Some(date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_lose_what_rotation_added() {
        for (name, expected) in [
            ("gc.log", "gc.log"),
            ("pod/gc.log.0", "pod/gc.log"),
            ("pod/gc.log.1.current", "pod/gc.log"),
            ("access.log.1.gz", "access.log"),
            ("access.log-20261122", "access.log"),
            ("access.log-20261122.gz", "access.log"),
            (
                "localhost_access_log.2026-11-22.txt",
                "localhost_access_log",
            ),
            ("gc-2026-11-22_01-02-03.log", "gc.log"),
            ("gc_pid4711_2026-11-22_01-02-03.log", "gc.log"),
            ("gc-pid7.log.3", "gc.log"),
            ("app.20261122T010203.log", "app.log"),
            ("app.2026-11-22.0.log", "app.log"),
            ("2026_11_22.request.log", "request.log"),
            ("2026-11-22/gc.log", "2026-11-22/gc.log"),
            (".1", ".1"),
            ("shop-7d9f.log", "shop-7d9f.log"),
            ("größe.log.2", "größe.log"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn only_sets_of_one_kind_are_grouped() {
        let mut sources = vec![
            Source::of("gc.log", "", Kind::GcLog),
            Source::of("gc.log.0", "", Kind::GcLog),
            Source::of("gc.log.1", "", Kind::Unknown),
            Source::of("access.log", "", Kind::AccessLog),
        ];
        group(&mut sources);
        let series: Vec<_> = sources.iter().map(|s| s.series.as_deref()).collect();
        assert_eq!(series, [Some("gc.log"), Some("gc.log"), None, None]);
    }
}
