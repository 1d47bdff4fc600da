//! Rotated sets: files of one log, ordered by their first stamp and never by their suffix.

use std::collections::BTreeMap;

use super::{Format, detect, legacy, openj9, unified};
use crate::gc::run::Clocks;
use crate::input::Source;

/// Files of one log in the order of time.
#[derive(Debug)]
pub(in crate::gc) struct Set<'a> {
    pub(in crate::gc) format: Format,
    pub(in crate::gc) sources: Vec<&'a Source>,
}

/// Groups sources by the name without its rotation suffix and by format. Also gives the sources that hold no GC log.
pub(in crate::gc) fn sets<'a>(sources: &[&'a Source]) -> (Vec<Set<'a>>, Vec<&'a Source>) {
    let mut groups: BTreeMap<(&str, Format), Vec<&'a Source>> = BTreeMap::new();
    let mut strangers = Vec::new();
    for source in sources {
        match detect(&source.bytes) {
            Some(format) => groups
                .entry((stem(&source.name), format))
                .or_default()
                .push(source),
            None => strangers.push(*source),
        }
    }
    let sets = groups.into_iter().map(|((_, format), mut sources)| {
        if sources.len() > 1 {
            order(&mut sources);
        }
        Set { format, sources }
    });
    (sets.collect(), strangers)
}

/// `logs/gc.log.3`, `gc.log.0.current`, `gc.log.2.gz`: the name that all files of the set share.
fn stem(name: &str) -> &str {
    let mut stem = name;
    loop {
        let cut = stem.rfind('.').map(|dot| (&stem[..dot], &stem[dot + 1..]));
        match cut {
            Some((rest, suffix)) if !rest.is_empty() && is_rotation(suffix) => stem = rest,
            _ => return stem,
        }
    }
}

fn is_rotation(suffix: &str) -> bool {
    matches!(suffix, "current" | "gz" | "bz2" | "xz" | "zst")
        || (!suffix.is_empty() && suffix.len() <= 4 && suffix.bytes().all(|b| b.is_ascii_digit()))
}

fn order(sources: &mut Vec<&Source>) {
    let mut keyed: Vec<(Clocks, &Source)> = sources
        .iter()
        .map(|source| (first_clocks(source), *source))
        .collect();
    let all_have_wall = keyed.iter().all(|(clocks, _)| clocks.wall.is_some());
    keyed.sort_by(|(left, one), (right, other)| {
        let time = |clocks: &Clocks| match all_have_wall {
            true => clocks.wall_micros(),
            false => clocks.uptime.or(clocks.wall_micros()),
        };
        (time(left), &one.name).cmp(&(time(right), &other.name))
    });
    *sources = keyed.into_iter().map(|(_, source)| source).collect();
}

fn first_clocks(source: &Source) -> Clocks {
    source
        .lines()
        .take(1000)
        .map(|line| clocks(line.text))
        .find(|clocks| !clocks.is_empty())
        .unwrap_or_default()
}

fn clocks(line: &[u8]) -> Clocks {
    let all = [unified::clocks, legacy::clocks, openj9::clocks];
    all.iter()
        .map(|of| of(line))
        .find(|clocks| !clocks.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_suffixes_are_not_part_of_the_name() {
        assert_eq!(stem("a/gc.log.3"), "a/gc.log");
        assert_eq!(stem("gc.log.0.current"), "gc.log");
        assert_eq!(stem("gc.log"), "gc.log");
        assert_eq!(stem("gc-2026.log.12.gz"), "gc-2026.log");
        assert_eq!(stem(".1"), ".1");
    }
}
