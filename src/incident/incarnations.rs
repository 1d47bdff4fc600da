//! The lives of each JVM: starts that different sources saw are one start, and each life owns its evidence.

use std::collections::BTreeMap;

use super::clocks::{Clocks, jvm_start};
use super::instances::Instances;
use super::placed::Placed;
use super::rooms::Rooms;
use super::terminator::OUT_OF_MEMORY;
use crate::events::{Event, Rough, Subject, What};
use crate::gc::LifeEnd;
use crate::time::{Instant, Moment, SECOND};

/// Between the order to start a container and the start of its JVM.
const EXEC_DELAY: i64 = 10 * SECOND;
/// The longest start-up that a "server is up" line without further evidence stands for.
const START_UP: i64 = 120 * SECOND;

/// A log of uptimes and a life of which a supervisor tells are as long as each other within this.
const SAME_LENGTH: i64 = 3 * SECOND;

/// One life of a JVM with the evidence that speaks of it, as positions in the rooms' reports.
#[derive(Debug, Clone, Default)]
pub(super) struct Incarnation {
    pub(super) subject: Subject,
    /// The folder that its evidence lies in, where folders hold one instance each.
    pub(super) folder: Option<String>,
    pub(super) started: Option<Moment>,
    pub(super) ready: Option<Moment>,
    pub(super) ended: Option<Moment>,
    pub(super) running: bool,
    /// In `rooms.events.lives`.
    pub(super) container: Option<usize>,
    /// In `rooms.gc.lives`.
    pub(super) gc: Option<usize>,
    /// In `rooms.threads.dumps`, with the time each was taken.
    pub(super) dumps: Vec<(usize, Option<Moment>)>,
    /// In `rooms.heap`.
    pub(super) heaps: Vec<usize>,
    /// In the list of placed events, with the time in this life. A counted series of which only the first and the last
    /// are known can reach over several lives.
    pub(super) events: Vec<(usize, Option<Moment>)>,
}

/// Who saw a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Witness {
    Container(usize),
    Gc(usize),
    Dump(usize),
    Server,
}

impl Witness {
    /// Two starts seen by witnesses of the same sort are two starts, except for dumps: each repeats the same one.
    fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Container(_), Self::Container(_)) | (Self::Gc(_), Self::Gc(_)) => true,
            (Self::Server, Self::Server) => true,
            (Self::Container(_) | Self::Gc(_) | Self::Dump(_) | Self::Server, _) => false,
        }
    }
}

/// Finds the lives, in order of time, and gives each its evidence.
pub(super) fn find(
    rooms: &Rooms,
    clocks: &Clocks,
    instances: &Instances,
    events: &[Placed<'_>],
) -> Vec<Incarnation> {
    let mut lives = cluster(starts(rooms, clocks, events), rooms, instances);
    if lives.is_empty() {
        lives.push(Incarnation::default());
    }
    adopt_unclocked_logs(&mut lives, rooms, clocks, instances);
    end(&mut lives, rooms, clocks);
    drop_sidecars(&mut lives, rooms);
    give_evidence(&mut lives, rooms, clocks, instances, events);
    lives
}

/// A start that somebody saw, and the source that tells of it.
type Start<'r> = (Moment, Witness, &'r str);

/// Every start that some source saw, in order of time.
fn starts<'r>(rooms: &'r Rooms, clocks: &Clocks, events: &[Placed<'r>]) -> Vec<Start<'r>> {
    let mut starts = Vec::new();
    for (index, life) in rooms.events.lives.iter().enumerate() {
        let source = life
            .locators
            .first()
            .map_or("", |place| place.source.as_str());
        if let Some(at) = life.started.and_then(|stamp| clocks.place(source, stamp)) {
            starts.push((at, Witness::Container(index), source));
        }
    }
    for (index, life) in rooms.gc.lives.iter().enumerate() {
        let first = || clocks.place(&life.first.source, life.first_stamp);
        if let Some(at) = life.started.or_else(first) {
            starts.push((at, Witness::Gc(index), life.first.source.as_str()));
        }
    }
    for (index, dump) in rooms.threads.dumps.iter().enumerate() {
        if let Some(at) = jvm_start(dump).and_then(|stamp| clocks.place(&dump.source, stamp)) {
            starts.push((at, Witness::Dump(index), dump.source.as_str()));
        }
    }
    for placed in events {
        let What::ServerStarted {
            took, jvm_uptime, ..
        } = *placed.what()
        else {
            continue;
        };
        let Some(at) = placed.at else { continue };
        let start = match (jvm_uptime, took) {
            (Some(age), _) => at.plus(-age),
            (None, took) => {
                let latest = at.plus(-took.unwrap_or(0));
                Moment {
                    lo: latest.lo.plus(-START_UP),
                    hi: latest.hi,
                }
            }
        };
        let source = placed.event.locator.source.as_str();
        starts.push((start, Witness::Server, source));
    }
    starts.sort_by_key(|(at, ..)| (at.hi, at.lo));
    starts
}

/// Joins starts that different witnesses saw within the delay of an exec into one life each.
fn cluster(starts: Vec<Start<'_>>, rooms: &Rooms, instances: &Instances) -> Vec<Incarnation> {
    let mut clusters: Vec<Vec<Start<'_>>> = Vec::new();
    for (at, witness, source) in starts {
        let own = instances.of(source);
        let joins = |cluster: &&mut Vec<Start<'_>>| {
            cluster.iter().all(|(_, other, place)| {
                !witness.excludes(*other) && !instances.foreign(own, place)
            }) && cluster.iter().any(|(other, ..)| {
                at.lo <= other.hi.plus(EXEC_DELAY) && other.lo <= at.hi.plus(EXEC_DELAY)
            })
        };
        match clusters.iter_mut().rev().find(joins) {
            Some(cluster) => cluster.push((at, witness, source)),
            None => clusters.push(vec![(at, witness, source)]),
        }
    }
    clusters
        .iter()
        .map(|cluster| {
            let mut life = Incarnation {
                // The narrowest view of the start is the best known.
                started: cluster
                    .iter()
                    .map(|(at, ..)| *at)
                    .min_by_key(|at| at.width()),
                folder: cluster
                    .iter()
                    .find_map(|(.., source)| instances.of(source))
                    .map(str::to_owned),
                ..Incarnation::default()
            };
            for (_, witness, _) in cluster {
                match *witness {
                    Witness::Container(index) => {
                        life.container = Some(index);
                        life.subject = rooms.events.lives[index].subject.clone();
                    }
                    Witness::Gc(index) => life.gc = Some(index),
                    Witness::Dump(index) => life.dumps.push((index, None)),
                    Witness::Server => {}
                }
            }
            life
        })
        .collect()
}

/// GC logs without a clock belong to the only life there is; to the one that lasted as long, when there are several.
fn adopt_unclocked_logs(
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
    let mut left = free.into_iter().filter(|life| lives[*life].gc.is_none());
    if let (Some(life), None, [log]) = (left.next(), left.next(), homeless.as_slice()) {
        let log = *log;
        if lasted[life].is_none_or(|lasted| length(log) <= lasted + SAME_LENGTH) {
            lives[life].gc = Some(log);
            homeless.clear();
        }
    }
}

/// When each life ended: as the supervisor saw it, else between the last line it logged and the next start.
fn end(lives: &mut [Incarnation], rooms: &Rooms, clocks: &Clocks) {
    let next_starts: Vec<Option<Moment>> = (0..lives.len())
        .map(|index| {
            let own = &lives[index].subject;
            let mut later = lives[index + 1..].iter();
            let side = |next: &&Incarnation| {
                let folders = lives[index].folder.as_ref().zip(next.folder.as_ref());
                folders.is_some_and(|(own, other)| own != other)
            };
            later
                .find(|next| !contradict(own, &next.subject) && !side(next))?
                .started
        })
        .collect();
    for (life, next) in lives.iter_mut().zip(next_starts) {
        let container = life.container.map(|index| &rooms.events.lives[index]);
        if let Some(container) = container {
            let source = container.locators.first().map_or("", |at| &at.source);
            life.running = container.running;
            life.ended = container.ended.and_then(|at| clocks.place(source, at));
        }
        let Some(gc) = life.gc.map(|index| &rooms.gc.lives[index]) else {
            continue;
        };
        let last = clocks.place(&gc.last.source, gc.last_stamp);
        if let (Some(ended), Some(last)) = (life.ended, last) {
            life.ended = Some(sharper(ended, last, gc.ended));
        }
        if life.ended.is_none() && !life.running {
            life.ended = match (gc.ended, last, next) {
                (LifeEnd::ExitBlock, Some(last), _) => Some(last),
                (_, Some(last), Some(next)) if last.lo < next.hi => Some(Moment {
                    lo: last.lo,
                    hi: next.hi,
                }),
                _ => None,
            };
        }
    }
}

/// The end as its supervisor saw it, narrowed by the last line that the JVM logged: it lived at least until then, and
/// after the exit summary hardly any longer.
fn sharper(ended: Moment, last: Moment, how: LifeEnd) -> Moment {
    if !(ended.lo..=ended.hi).contains(&last.lo) {
        return ended;
    }
    let hi = match how {
        LifeEnd::ExitBlock => ended.hi.min(last.hi.plus(SECOND)),
        LifeEnd::LogEnds | LifeEnd::NextLife => ended.hi,
    };
    Moment { lo: last.lo, hi }
}

/// A container that never restarted and of which no JVM evidence speaks is not what this is about.
fn drop_sidecars(lives: &mut Vec<Incarnation>, rooms: &Rooms) {
    let speaks = |life: &Incarnation| life.gc.is_some() || !life.dumps.is_empty();
    if !lives.iter().any(speaks) {
        return;
    }
    let known: Vec<_> = lives
        .iter()
        .filter(|life| speaks(life))
        .filter_map(|life| life.subject.container.clone())
        .collect();
    lives.retain(|life| {
        let own = life
            .subject
            .container
            .as_ref()
            .is_none_or(|name| known.contains(name));
        let died = life
            .container
            .is_some_and(|index| rooms.events.lives[index].end.is_some());
        speaks(life) || own || died
    });
}

/// Gives every dump and event to the life in whose time it falls. The time after a death belongs to the dead, until
/// the next life begins.
fn give_evidence(
    lives: &mut [Incarnation],
    rooms: &Rooms,
    clocks: &Clocks,
    instances: &Instances,
    events: &[Placed<'_>],
) {
    for (index, dump) in rooms.threads.dumps.iter().enumerate() {
        let taken = dump
            .taken
            .and_then(|stamp| clocks.place(&dump.source, stamp));
        let owner = lives
            .iter()
            .position(|life| life.dumps.iter().any(|(own, _)| *own == index))
            .or_else(|| at_time(lives, instances, &dump.source, taken?.lo))
            .or((lives.len() == 1).then_some(0));
        if let Some(owner) = owner {
            lives[owner].dumps.retain(|(own, _)| *own != index);
            lives[owner].dumps.push((index, taken));
        }
    }
    for (index, heap) in rooms.heap.iter().enumerate() {
        let owner = heap
            .taken
            .and_then(|taken| at_time(lives, instances, &heap.source, taken))
            .or((lives.len() == 1).then_some(0));
        if let Some(owner) = owner {
            lives[owner].heaps.push(index);
        }
    }
    let mut homeless: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, placed) in events.iter().enumerate() {
        let source = placed.event.locator.source.as_str();
        let stamp = match (placed.at, placed.event.rough) {
            // After the last stamp of its source, or before the first: in the same life as the line that has it.
            (None, Some(Rough::After(stamp) | Rough::Before(stamp))) => clocks.place(source, stamp),
            (at, _) => at,
        };
        let owner = stamp
            .and_then(|at| life_of(lives, instances, placed.event, at.lo))
            .or((lives.len() == 1).then_some(0));
        let Some(owner) = owner else {
            homeless.entry(source).or_default().push(index);
            continue;
        };
        let life = &mut lives[owner];
        life.events.push((index, placed.at));
        if matches!(placed.what(), What::ServerStarted { .. }) && life.ready.is_none() {
            life.ready = placed.at;
        }
        let last = placed
            .until
            .and_then(|at| life_of(lives, instances, placed.event, at.lo));
        if let Some(last) = last.filter(|last| *last != owner) {
            lives[last].events.push((index, placed.until));
        }
    }
    for unplaced in homeless.into_values() {
        if let Some(owner) = author(lives, rooms, events, &unplaced) {
            let own = unplaced.into_iter().map(|index| (index, None));
            lives[owner].events.extend(own);
        }
    }
    for life in lives {
        life.dumps.sort_by_key(|(index, _)| *index);
    }
}

/// The life that wrote an output without stamps: the only one that ended as the output says, or the only one that left
/// the heap dump it tells of.
fn author(
    lives: &[Incarnation],
    rooms: &Rooms,
    events: &[Placed<'_>],
    unplaced: &[usize],
) -> Option<usize> {
    let tells = |test: fn(&What) -> bool| unplaced.iter().any(|index| test(events[*index].what()));
    let only = |test: &dyn Fn(&Incarnation) -> bool| {
        let mut found = (0..lives.len()).filter(|life| test(&lives[*life]));
        found.next().filter(|_| found.next().is_none())
    };
    if tells(|what| matches!(what, What::JvmTerminating { abort: false })) {
        let ended_so = |life: &Incarnation| {
            let end = life
                .container
                .and_then(|index| rooms.events.lives[index].end.as_ref());
            end.and_then(|end| end.exit_code) == Some(OUT_OF_MEMORY)
        };
        return only(&ended_so);
    }
    tells(|what| matches!(what, What::HeapDumpBegun { .. }))
        .then(|| only(&|life| !life.heaps.is_empty()))?
}

/// The last life that had begun at `at`, with a second of grace for clocks that truncate.
fn at_time(
    lives: &[Incarnation],
    instances: &Instances,
    source: &str,
    at: Instant,
) -> Option<usize> {
    let begun = |life: &Incarnation| {
        let foreign = instances.foreign(life.folder.as_deref(), source);
        let started = life.started;
        started.is_some_and(|start| start.lo.plus(-SECOND) <= at) && !foreign
    };
    lives.iter().rposition(begun)
}

/// The last life that had begun at `at` and can be one of `subject`: pods side by side keep what is theirs.
fn life_of(
    lives: &[Incarnation],
    instances: &Instances,
    event: &Event,
    at: Instant,
) -> Option<usize> {
    let source = &event.locator.source;
    lives.iter().rposition(|life| {
        let begun = life
            .started
            .is_some_and(|start| start.lo.plus(-SECOND) <= at);
        let foreign = instances.foreign(life.folder.as_deref(), source);
        begun && !foreign && !contradict(&life.subject, &event.subject)
    })
}

/// Whether both name the same sort of thing and name it differently.
fn contradict(left: &Subject, right: &Subject) -> bool {
    let differ = |left: &Option<String>, right: &Option<String>| {
        left.as_ref()
            .zip(right.as_ref())
            .is_some_and(|(left, right)| left != right)
    };
    differ(&left.pod, &right.pod)
        || differ(&left.uid, &right.uid)
        || differ(&left.container, &right.container)
        || differ(&left.container_id, &right.container_id)
        || differ(&left.unit, &right.unit)
        || differ(&left.site, &right.site)
}
