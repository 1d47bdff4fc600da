//! GC logs of uptimes that no clock places find the life they are of by their length.

use super::clocks::Clocks;
use super::incarnations::Incarnation;
use super::instances::Instances;
use super::rooms::Rooms;
use crate::time::SECOND;

/// A log of uptimes and a life of which a supervisor tells are as long as each other within this.
const SAME_LENGTH: i64 = 3 * SECOND;

/// GC logs without a clock belong to the only life there is; to the one that lasted as long, when there are several.
pub(super) fn adopt_unclocked_logs(
    lives: &mut Vec<Incarnation>,
    rooms: &Rooms,
    clocks: &Clocks,
    instances: &Instances,
) {
    let owned: Vec<usize> = lives.iter().filter_map(|life| life.gc).collect();
    let mut homeless: Vec<usize> = (0..rooms.gc.lives.len())
        .filter(|index| !owned.contains(index))
        .collect();
    if lives.len() > 1 {
        adopt_by_length(lives, &mut homeless, rooms, clocks, instances);
    }
    for index in homeless {
        let source = &rooms.gc.lives[index].first.source;
        let folder = instances.of(source).map(str::to_owned);
        let own = |life: &Incarnation| {
            life.gc.is_none() && !instances.foreign(life.folder.as_deref(), source)
        };
        let mut free = (0..lives.len()).filter(|life| own(&lives[*life]));
        match (free.next(), free.next()) {
            (Some(only), None) if folder.is_some() || lives.len() == 1 => {
                lives[only].gc = Some(index);
            }
            _ => lives.push(Incarnation {
                gc: Some(index),
                folder,
                ..Incarnation::default()
            }),
        }
    }
    lives.sort_by_key(|life| (life.started.is_none(), life.started.map(|at| at.lo)));
}

/// Gives logs of uptimes to lives that lasted as long, where one life fits one log and no other. A log and a life that
/// are left over alone belong together if the log is not longer.
fn adopt_by_length(
    lives: &mut [Incarnation],
    homeless: &mut Vec<usize>,
    rooms: &Rooms,
    clocks: &Clocks,
    instances: &Instances,
) {
    let lasted: Vec<Option<i64>> = lives
        .iter()
        .map(|life| {
            let container = &rooms.events.lives[life.container?];
            let source = container.locators.first().map_or("", |at| &at.source);
            let ended = clocks.place(source, container.ended?)?;
            Some(ended.hi.since(life.started?.lo))
        })
        .collect();
    let folders: Vec<Option<String>> = lives.iter().map(|life| life.folder.clone()).collect();
    let length = |log: usize| rooms.gc.lives[log].end;
    let fits = |log: usize, life: usize| {
        let gap = lasted[life].map(|lasted| lasted - length(log));
        let source = &rooms.gc.lives[log].first.source;
        let foreign = instances.foreign(folders[life].as_deref(), source);
        gap.is_some_and(|gap| gap.abs() <= SAME_LENGTH) && !foreign
    };
    let free: Vec<usize> = (0..lives.len())
        .filter(|life| lives[*life].gc.is_none() && lives[*life].container.is_some())
        .collect();
    let all = homeless.clone();
    let only = |mut found: Vec<usize>| found.pop().filter(|_| found.is_empty());
    for &log in &all {
        let life = only(
            free.iter()
                .copied()
                .filter(|life| fits(log, *life))
                .collect(),
        );
        let back = |life: &usize| {
            only(
                all.iter()
                    .copied()
                    .filter(|log| fits(*log, *life))
                    .collect(),
            ) == Some(log)
        };
        if let Some(life) = life.filter(back) {
            lives[life].gc = Some(log);
            homeless.retain(|other| *other != log);
        }
    }
    // What is left: a log longer than all lives but one is that one's, and so on.
    let room: Vec<Option<i64>> = lasted
        .iter()
        .zip(lives.iter())
        .map(|(lasted, life)| lasted.or_else(|| lived_until_capture(life, rooms)))
        .collect();
    while let Some((log, life)) = homeless.iter().find_map(|log| {
        let open = free.iter().copied().filter(|life| {
            let source = &rooms.gc.lives[*log].first.source;
            lives[*life].gc.is_none()
                && room[*life].is_none_or(|lasted| length(*log) <= lasted + SAME_LENGTH)
                && !instances.foreign(folders[*life].as_deref(), source)
        });
        Some((*log, only(open.collect())?))
    }) {
        lives[life].gc = Some(log);
        homeless.retain(|other| *other != log);
    }
}

/// How long a life had lasted when its supervisor was asked.
fn lived_until_capture(life: &Incarnation, rooms: &Rooms) -> Option<i64> {
    let states = rooms.events.containers.iter();
    let captured = states
        .filter(|state| state.subject.agrees(&life.subject))
        .find_map(|state| state.captured)?;
    Some(captured.hi.since(life.started?.lo))
}
